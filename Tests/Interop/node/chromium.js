// Chromium, driven by its DevTools protocol: pages that a scenario opens, types into, and looks at.

const { spawn } = require('child_process')
const fs = require('fs')
const path = require('path')
const WebSocket = require('ws')
const { check, eventually } = require('./relay.js')

const flags = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-proxy-server', '--remote-debugging-port=0', ...(process.env.CHROMIUM_FLAGS ?? '').split(' ').filter(Boolean)
]

/** Runs `body` with a browser of its own, and ends it. */
async function withChromium (body) {
  const profile = path.join(process.env.SCRATCH, 'profile')
  const log = fs.openSync(path.join(process.env.SCRATCH, 'chromium.log'), 'a')
  const browser = spawn('chromium', [...flags, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', log, log], detached: true })
  try {
    // Where it listens, once it does.
    const place = path.join(profile, 'DevToolsActivePort')
    const [port, address] = await eventually(() => fs.existsSync(place) && /^(\d+)\n(\S+)/.exec(fs.readFileSync(place, 'utf8'))?.slice(1), 'the browser listens', 60)
    return await body(await Browser.connect(`ws://127.0.0.1:${port}${address}`))
  } finally {
    try { process.kill(-browser.pid, 'SIGKILL') } catch {}
  }
}

class Browser {
  static async connect (address) {
    const browser = new Browser()
    browser.socket = new WebSocket(address)
    browser.calls = new Map()
    browser.pages = new Map()
    browser.socket.on('message', data => browser.received(JSON.parse(data)))
    await new Promise((resolve, reject) => browser.socket.on('open', resolve).on('error', reject))
    return browser
  }

  received ({ id, result, error, method, params, sessionId }) {
    if (id) {
      const { resolve, reject } = this.calls.get(id)
      this.calls.delete(id)
      return error ? reject(new Error(error.message)) : resolve(result)
    }
    this.pages.get(sessionId)?.happened(method, params)
  }

  call (method, params = {}, sessionId = undefined) {
    const id = (this.last = (this.last ?? 0) + 1)
    this.socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }))
  }

  /** Opens a page in a tab of its own. */
  async open (address) {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' })
    return this.attach(targetId, address)
  }

  async attach (targetId, address = null) {
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, sessionId, targetId)
    this.pages.set(sessionId, page)
    await page.call('Runtime.enable')
    await page.call('Log.enable')
    if (address) await page.call('Page.navigate', { url: address })
    return page
  }

  /** The tab that a page has opened. */
  async opened (by) {
    const found = await eventually(async () => {
      const { targetInfos } = await this.call('Target.getTargets')
      return targetInfos.find(info => info.openerId === by.targetId)
    }, 'a second tab')
    return this.attach(found.targetId)
  }
}

class Page {
  constructor (browser, sessionId, targetId) {
    Object.assign(this, { browser, sessionId, targetId })
    // What went wrong in it: errors of its scripts, and what its own rules forbade.
    this.complaints = []
    // What came over the network, in bytes, as it was encoded; counted from the first `Network.enable` on.
    this.bytes = 0
    // What makes another answer of one that has come, while there is something.
    this.change = null
  }

  call (method, params) { return this.browser.call(method, params, this.sessionId) }

  happened (method, params) {
    if (method === 'Runtime.exceptionThrown') this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text)
    if (method === 'Fetch.requestPaused') this.#rewrite(params)
    if (method === 'Network.loadingFinished') this.bytes += params.encodedDataLength
    if (method === 'Log.entryAdded' && params.entry.level === 'error') this.complaints.push(`${params.entry.text} ${params.entry.url ?? ''}`)
  }

  /** Has `change(json, address)` make what the page gets of what comes from addresses like these; null stops it. */
  async rewrites (patterns, change) {
    this.change = change
    const wanted = patterns.map(urlPattern => ({ urlPattern, requestStage: 'Response' }))
    await (change ? this.call('Fetch.enable', { patterns: wanted }) : this.call('Fetch.disable'))
  }

  async #rewrite ({ requestId, request, responseStatusCode, responseHeaders }) {
    try {
      const { body, base64Encoded } = await this.call('Fetch.getResponseBody', { requestId })
      const answer = JSON.parse(base64Encoded ? Buffer.from(body, 'base64') : body)
      await this.call('Fetch.fulfillRequest', {
        requestId,
        responseCode: responseStatusCode,
        responseHeaders: responseHeaders.filter(({ name }) => !/^content-(length|encoding)$/i.test(name)),
        body: Buffer.from(JSON.stringify(this.change(answer, request.url))).toString('base64')
      })
    } catch {
      // It was no JSON, or the page has gone on.
      await this.call('Fetch.continueRequest', { requestId }).catch(() => {})
    }
  }

  async evaluate (expression) {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: true })
    check(!exceptionDetails, `${expression}: ${exceptionDetails?.exception?.description}`)
    return result.value
  }

  value (selector) { return this.evaluate(`document.querySelector(${JSON.stringify(selector)}).value`) }

  text (selector) { return this.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`) }

  texts (selector) { return this.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map(element => element.innerText)`) }

  /** As a person does, in the tab that is in front. */
  async click (selector) {
    await this.call('Page.bringToFront')
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)
  }

  async focus (selector, start = null, end = start) {
    await this.call('Page.bringToFront')
    const select = start === null ? '' : `element.setSelectionRange(${start}, ${end});`
    await this.evaluate(`{ const element = document.querySelector(${JSON.stringify(selector)}); element.focus(); ${select} }`)
  }

  /** Types into what has the focus. */
  async type (text) { await this.call('Input.insertText', { text }) }

  async press (key, code, text = undefined) {
    await this.call('Input.dispatchKeyEvent', { type: 'keyDown', key, code: key, windowsVirtualKeyCode: code, text })
    await this.call('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode: code })
  }

  /** Writes into a field what it then has. */
  async fill (selector, text) {
    await this.focus(selector)
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).select()`)
    await (text ? this.type(text) : this.press('Delete', 46))
  }

  has (selector) { return this.evaluate(`document.querySelector(${JSON.stringify(selector)}) !== null`) }

  async picture (file) {
    const { data } = await this.call('Page.captureScreenshot')
    fs.writeFileSync(file, Buffer.from(data, 'base64'))
  }
}

module.exports = { withChromium }
