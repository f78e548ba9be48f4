// What a page has to be so that everybody can use it, after WCAG 2.2 AA, as far as a program can tell.

const { check } = require('./relay.js')

/** Runs in the page. Gives what is wrong, a text each. `least` is the side of the smallest target, in CSS pixels. */
function faultsOf (least) {
  const faults = []
  const wrong = (element, text) => {
    const where = `${element.localName}${element.id && '#' + element.id}${[...element.classList].map(name => '.' + name).join('')}`
    faults.push(`${where} "${(element.innerText ?? '').trim().slice(0, 30)}": ${text}`)
  }
  const isSeen = element => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.unseen')
  const all = selector => [...document.querySelectorAll(selector)].filter(isSeen)

  // Structure
  if (!document.documentElement.lang) faults.push('the page has no language')
  if (!document.title) faults.push('the page has no title')
  if (all('main').length !== 1) faults.push(`${all('main').length} elements main`)
  for (const nav of all('nav')) if (!nav.getAttribute('aria-label')) wrong(nav, 'no name')
  const headings = all('h1, h2, h3, h4')
  if (all('main h1').length !== 1) faults.push(`${all('main h1').length} headings of the page`)
  let level = 0
  for (const heading of headings.filter(heading => !heading.closest('dialog'))) {
    const own = Number(heading.localName[1])
    if (own > level + 1) wrong(heading, `follows a heading of level ${level}`)
    level = own
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`several elements have the id ${id}`)
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
    const names = `${element.getAttribute('aria-labelledby') ?? ''} ${element.getAttribute('aria-describedby') ?? ''}`.split(/\s+/).filter(Boolean)
    for (const name of names) if (!document.getElementById(name)) wrong(element, `refers to ${name}, which is not there`)
  }
  for (const heading of all('th')) if (!heading.scope) wrong(heading, 'no scope')

  // What is pressed has to be called what it shows, and has to be large enough
  const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body
  const controls = all('button, a[href], input, select, textarea, summary, [tabindex="0"]').filter(control => top.contains(control) && !control.disabled)
  const boxes = new Map(controls.map(control => [control, (control.closest('label') ?? control).getBoundingClientRect()]))
  // A small one will do where no other is near: a circle around its middle touches none.
  const isAlone = control => {
    const { left, top, width, height } = boxes.get(control)
    const [x, y] = [left + width / 2, top + height / 2]
    return controls.every(other => {
      if (other === control || other.contains(control) || control.contains(other)) return true
      const box = boxes.get(other)
      const [across, along] = [Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)]
      return Math.hypot(across, along) >= least / 2
    })
  }
  for (const control of controls) {
    const [label, text] = [control.getAttribute('aria-label'), control.matches('button, a') ? control.innerText.trim() : '']
    if (label && text && !label.toLowerCase().includes(text.toLowerCase())) wrong(control, `is called ${label}`)
    const isInText = control.matches('a') && control.parentElement.innerText.trim() !== text
    const { width, height } = boxes.get(control)
    const after = getComputedStyle(control, '::after')
    const isStretched = after.position === 'absolute' && after.inset === '0px'
    if (!isInText && !isStretched && Math.min(width, height) < least && !isAlone(control)) {
      wrong(control, `is only ${Math.round(width)} by ${Math.round(height)} large`)
    }
  }
  if (document.scrollingElement.scrollWidth > innerWidth) faults.push('the page is broader than the window')

  // Contrast
  const channels = color => (color.match(/[\d.]+/g) ?? []).map(Number)
  const over = ([r, g, b, alpha = 1], below) => [r, g, b].map((value, index) => value * alpha + below[index] * (1 - alpha))
  const light = color => {
    const [r, g, b] = color.map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((left, right) => right - left)
    return (high + 0.05) / (low + 0.05)
  }
  const groundOf = element => {
    if (!element) return channels(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3)
    const color = channels(getComputedStyle(element).backgroundColor)
    return (color[3] ?? 1) === 1 ? color : over(color, groundOf(element.matches('dialog') ? null : element.parentElement))
  }
  const judge = (element, color, least, what) => {
    const ground = groundOf(element)
    const found = contrast(over(channels(color), ground), ground)
    if (found < least) wrong(element, `${what} has a contrast of ${found.toFixed(2)} only, ${color} on ${ground.map(Math.round)}`)
  }
  const isOff = element => element.closest(':disabled, .mirror') !== null
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const judged = new Set()
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    if (!texts.currentNode.data.trim() || judged.has(element) || !isSeen(element) || isOff(element)) continue
    judged.add(element)
    const { color, fontSize, fontWeight } = getComputedStyle(element)
    const size = Number.parseFloat(fontSize)
    judge(element, color, size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5, 'its text')
  }
  for (const field of all('input:not([type=checkbox]), select, textarea').filter(field => !isOff(field))) {
    judge(field, getComputedStyle(field).color, 4.5, 'its value')
    if (field.placeholder) judge(field, getComputedStyle(field, '::placeholder').color, 4.5, 'its placeholder')
    const { borderTopColor, borderTopWidth } = getComputedStyle(field)
    if (borderTopWidth !== '0px') judge(field.parentElement, borderTopColor, 3, 'the border of its field')
  }
  for (const dot of all('.dot').filter(dot => getComputedStyle(dot).boxShadow === 'none')) judge(dot.parentElement, getComputedStyle(dot).backgroundColor, 3, 'its dot')
  return faults
}

const named = new Set([
  'button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'spinbutton', 'image', 'img', 'meter', 'dialog', 'table', 'columnheader', 'slider',
  'DateTime', 'Date', 'DisclosureTriangle', 'region', 'navigation'
])

/** What has no name for a screen reader, as the browser itself works names out. */
async function nameless (page) {
  const { nodes } = await page.call('Accessibility.getFullAXTree')
  return nodes
    .filter(({ ignored, role, name }) => !ignored && named.has(role?.value) && !name?.value?.trim())
    .map(({ role, description }) => `a ${role.value} without a name ${description?.value ?? ''}`)
}

/** Fails where something is wrong with the page as it is now. */
async function isAccessible (page, where, least = 24) {
  const faults = [...await page.evaluate(`(${faultsOf})(${least})`), ...await nameless(page)]
  check(faults.length === 0, `${where}:\n  ${[...new Set(faults)].slice(0, 20).join('\n  ')}`)
}

/** Goes on with the Tab key from what is named. What has the focus has to be seen, and seen to have it. Gives how many places there are, `most` at most. */
async function tabsThrough (page, where, from, most = 40) {
  await page.focus(from)
  const seen = []
  for (let step = 0; step < most; step += 1) {
    await page.press('Tab', 9)
    const found = await page.evaluate(`(() => {
      const element = document.activeElement
      if (element === document.body) return null
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      const { top, bottom, left, right } = element.getBoundingClientRect()
      window.passed ??= new WeakMap()
      if (!window.passed.has(element)) window.passed.set(element, Math.random())
      return {
        mark: window.passed.get(element),
        name: element.localName + ' ' + (element.getAttribute('aria-label') ?? element.innerText ?? '').slice(0, 30),
        isRinged: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
        isInView: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth
      }
    })()`)
    if (!found || seen.includes(found.mark)) break
    seen.push(found.mark)
    check(found.isRinged, `${where}: nobody sees that ${found.name} has the focus`)
    check(found.isInView, `${where}: ${found.name} has the focus out of sight`)
  }
  return seen.length
}

module.exports = { isAccessible, tabsThrough }
