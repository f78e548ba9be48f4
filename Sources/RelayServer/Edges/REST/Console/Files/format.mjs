// How numbers and moments are written.

import { el } from './components.mjs'

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const moments = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayMinutes = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const minutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export const count = number => counts.format(number)

/** `1 topic`, `1,004 topics`. */
export const counted = (number, what) => `${counts.format(number)} ${what}${number === 1 ? '' : 's'}`

/** As short as a chart or a cell asks for: 1.2K, 0.35. */
export function brief (number) {
  if (!Number.isFinite(number)) return '–'
  if (Math.abs(number) >= 1000) return short.format(number)
  return String(Number(number.toPrecision(Math.abs(number) >= 100 ? 3 : 2)))
}

export function bytes (number) {
  if (!Number.isFinite(number)) return '–'
  let power = 0
  while (number >= 1024 && power < sizes.length - 1) { number /= 1024; power += 1 }
  return `${power ? number.toPrecision(number >= 100 ? 3 : 2) : Math.round(number)} ${sizes[power]}`
}

export const perSecond = number => `${brief(number)}/s`

export const percent = number => `${brief(number)} %`

export const milliseconds = number => `${brief(number)} ms`

export function duration (number) {
  const [day, hour, minute] = [Math.floor(number / 86400), Math.floor(number / 3600) % 24, Math.floor(number / 60) % 60]
  if (day) return `${day} d ${hour} h`
  if (hour) return `${hour} h ${minute} min`
  return minute ? `${minute} min` : `${Math.max(0, Math.round(number))} s`
}

// The relay's times are texts, and whole seconds where they are of sessions.
const dateOf = moment => new Date(typeof moment === 'number' ? moment * 1000 : moment)

function written (moment, format) {
  if (moment === null || moment === undefined) return '–'
  const date = dateOf(moment)
  if (Number.isNaN(date.getTime())) return String(moment)
  return el('time', { datetime: date.toISOString(), title: stamp(moment) }, format.format(date))
}

export const moment = at => written(at, moments)

export const day = at => written(at, days)

/** The time of day, or the day and the time where that is another. */
export const clock = at => written(at, dateOf(at).toDateString() === new Date().toDateString() ? seconds : dayMinutes)

/** A moment as a text, for places that hold no element. */
export function stamp (text) {
  const date = dateOf(text)
  return Number.isNaN(date.getTime()) ? String(text) : `${days.format(date)} ${seconds.format(date)}`
}

export const shortClock = date => minutes.format(date)

/** A message's payload: on one line, or with so many spaces for each level. Bytes as hexadecimal digits. */
export const payloadText = ({ payload }, spaces = 0) =>
  payload instanceof Uint8Array ? [...payload].map(byte => byte.toString(16).padStart(2, '0')).join(' ') : JSON.stringify(payload, null, spaces)
