// The console in a tab, as a person uses it.

const { check, eventually, url } = require('./relay.js')

class Console {
  constructor (page) { this.page = page }

  static async open (browser, hash = '') {
    const view = new Console(await browser.open(`${url}/console${hash}`))
    await eventually(() => view.page.evaluate('document.readyState === "complete" && !!document.querySelector("#sign-in")'), 'the console is there')
    return view
  }

  /** Sends the form. What comes of it the caller looks for. */
  async submit (username, password) {
    await this.page.fill('#username', username)
    await this.page.fill('#password', password)
    await this.page.press('Enter', 13, '\r')
  }

  async signIn (username = process.env.RELAY_USERNAME, password = process.env.RELAY_PASSWORD) {
    await this.submit(username, password)
    await eventually(() => this.page.evaluate('!document.querySelector("#shell").hidden'), 'the console lets the user in')
  }

  /** Opens a page of the console, and waits until its heading is `title`. */
  async visit (hash, title) {
    await this.page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
    await eventually(async () => (await this.heading()) === title, `the page has the heading ${title}`)
  }

  heading () { return this.page.evaluate('document.querySelector("#view h1")?.textContent') }

  /** Waits until an element shows exactly this, or what a pattern says. */
  shows (selector, expected) {
    const fits = text => expected instanceof RegExp ? expected.test(text) : text === expected
    return eventually(async () => (await this.page.has(selector)) && fits(await this.page.text(selector)), `${selector} shows ${expected}`)
  }

  async click (selector) {
    await eventually(() => this.page.has(selector), `there is ${selector}`)
    await this.page.click(selector)
  }

  /** Presses the button with this text. */
  async press (text, within = 'body') {
    await this.page.call('Page.bringToFront')
    const found = await eventually(() => this.page.evaluate(`(() => {
      const button = [...document.querySelectorAll(${JSON.stringify(within + ' button')})].find(button => button.textContent === ${JSON.stringify(text)} && !button.disabled)
      button?.click()
      return button !== undefined
    })()`), `there is a button ${text} in ${within}`)
    check(found, text)
  }

  /** Fills the fields of the dialog that is open, and presses the button with this text, which closes it. */
  async answer (values, submit) {
    await eventually(() => this.page.has('dialog[open]'), 'a dialog is open')
    for (const [name, value] of Object.entries(values)) {
      const field = `dialog[open] [name="${name}"]`
      if (typeof value === 'string') await this.page.fill(field, value)
      else for (const [option, isOn] of Object.entries(value)) await this.#tick(`${field}${option === 'it' ? '' : `[value="${option}"]`}`, isOn)
    }
    await this.press(submit, 'dialog[open]')
    await this.closed()
  }

  async #tick (selector, isOn) {
    if ((await this.page.evaluate(`document.querySelector(${JSON.stringify(selector)}).checked`)) !== isOn) await this.page.click(selector)
  }

  closed () { return eventually(async () => !(await this.page.has('dialog[open]')), 'the dialog closes') }

  /** What the rows of a list that are in view show, first cell first. */
  rows () { return this.page.evaluate('[...document.querySelectorAll("#view .list .line")].sort((a, b) => a.dataset.index - b.dataset.index).map(line => line.innerText)') }

  lists (text) { return eventually(async () => (await this.rows()).some(row => row.includes(text)), `the list shows ${text}`) }

  listsNo (text) { return eventually(async () => !(await this.rows()).some(row => row.includes(text)), `the list does not show ${text}`) }

  /** What the browser says of answers that are no success is not the page's fault. All else is. */
  isSound () {
    const faults = this.page.complaints.filter(text => !text.startsWith('Failed to load resource'))
    check(faults.length === 0, `the console is without faults: ${faults}`)
  }
}

module.exports = { Console }
