// Users, for administrators.

import { api, part } from './api.mjs'
import {
  badge, button, checkbox, cleared, confirmThat, el, failed, field, head, linkButton, loading, nameField, openDialog, openForm, passwordField,
  permissionBadges, say, searchField, show
} from './components.mjs'
import { count, counted, day } from './format.mjs'
import { signInTable } from './signins.mjs'
import { VirtualList } from './list.mjs'

const permissions = [['read', 'read topics'], ['write', 'publish and make topics'], ['admin', 'manage users and every topic']]
const path = user => `auth/users/${part(user.user_id)}`

export function open ({ view, signal }) {
  const page = new UsersPage(view, signal)
  page.load()
}

class UsersPage {
  #users = []
  #sort = { key: 'username', isDescending: false }

  constructor (view, signal) {
    this.signal = signal
    view.classList.add('full')
    this.search = searchField('user-search', 'Search users', () => this.#render())
    this.place = el('div.fill', {}, loading())
    const create = button('New user', () => this.#create(), { kind: 'primary', id: 'new-user' })
    view.append(head('Users', [], [create]), el('div.row', {}, el('div.search', {}, this.search)), this.place)
    this.list = new VirtualList({
      label: 'Users',
      kind: 'user-list',
      columns: [
        { title: 'Username', key: 'username' }, { title: 'Email', key: 'email', wide: true }, { title: 'Permissions', key: 'permissions' },
        { title: 'State', key: 'is_active', wide: true }, { title: 'Topics', key: 'topics', numeric: true, wide: true },
        { title: 'Created', key: 'created_at', wide: true }, { title: 'Actions', hidden: true, wide: true }
      ],
      key: user => user.user_id,
      sort: key => {
        this.#sort = { key, isDescending: this.#sort.key === key ? !this.#sort.isDescending : ['topics', 'created_at'].includes(key) }
        this.list.window.scrollTop = 0
        this.#render()
      },
      cells: user => this.#cells(user),
      widen: cleared(this.search, () => this.#render())
    })
    signal.addEventListener('abort', () => this.list.close())
  }

  async load () {
    this.place.replaceChildren(loading())
    this.#users = []
    try {
      for await (const page of api.pages('auth/users', this.signal)) {
        this.#users.push(...page)
        this.#render()
      }
    } catch (error) {
      if (!this.signal.aborted) this.place.replaceChildren(failed(error, () => this.load()))
    }
  }

  #render () {
    if (this.signal.aborted) return
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const { key, isDescending } = this.#sort
    const rows = this.#users
      .filter(user => words.every(word => `${user.username} ${user.email ?? ''}`.toLowerCase().includes(word)))
      .map(user => [valueOf(user, key), user])
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0) * (isDescending ? -1 : 1))
      .map(([, user]) => user)
    this.list.marks(key, isDescending)
    this.list.show(rows)
    const all = counted(this.#users.length, 'user')
    this.list.foot.textContent = rows.length === this.#users.length ? all : `${count(rows.length)} of ${all}`
  }

  #cells (user) {
    const isSelf = user.user_id === api.user.user_id
    const change = () => this.#change(user)
    const link = linkButton(user.username, change, { title: user.username })
    return [
      el('div', {}, el('div.clip', {}, link, isSelf && el('span.dim.small', {}, ' you')),
        el('div.clip.dim.small.narrow', {}, user.is_active ? user.email ?? '' : 'not active')),
      el('div.clip.dim', { title: user.email ?? '' }, user.email ?? '–'),
      el('div.row', {}, permissionBadges(user)),
      user.is_active ? badge('active', 'good') : badge('off', 'warn'), topicsOf(user), el('span.dim', {}, day(user.created_at)),
      el('div.tools', {}, button('Change', change, { kind: 'quiet', 'aria-label': `Change ${user.username}` }),
        !isSelf && button('Delete', () => this.#delete(user), { kind: 'quiet danger', 'aria-label': `Delete ${user.username}` }))
    ]
  }

  #replace (user, changed) {
    const index = this.#users.findIndex(({ user_id: id }) => id === user.user_id)
    if (index < 0) return
    if (changed) this.#users[index] = changed
    else this.#users.splice(index, 1)
    this.list.redraw()
    this.#render()
  }

  #create () {
    openForm('New user', [
      field('Username', nameField({ minlength: 3, maxlength: 50 })), field('Password', passwordField({ required: true }), '8 characters or more'),
      field('Email', el('input', { name: 'email', type: 'text', autocomplete: 'off' })), permissionFields(['read', 'write'])
    ], {
      submit: 'Create',
      run: async data => {
        const user = await api.post('auth/register', {
          username: data.get('username'), password: data.get('password'), email: data.get('email') || null, permissions: data.getAll('permissions')
        })
        this.#users.push(user)
        this.#render()
        say(`User ${user.username} is there.`)
      }
    })
  }

  #change (user) {
    const isSelf = user.user_id === api.user.user_id
    const dialog = openForm(`Change ${user.username}`, [
      permissionFields(user.permissions),
      checkbox('is_active', 'Active', user.is_active, 'a user that is not can do nothing, and its connections end'),
      field('Email', el('input', { name: 'email', value: user.email ?? '', autocomplete: 'off' })),
      field('New password', passwordField(), 'Left empty, the password stays. A new one ends all that was obtained by the old one.'),
      isSelf && el('p.small.dim', {}, 'This is your own account: a new password, or being not active, signs you out.')
    ].filter(Boolean), {
      submit: 'Save',
      run: async data => {
        const changes = changesOf(user, data)
        if (Object.keys(changes).length === 0) return
        const changed = await api.patch(path(user), changes)
        this.#replace(user, changed)
        say(`User ${user.username} is changed.`)
        if (isSelf) await api.get('auth/me').then(me => { api.user = me }).catch(() => {})
      }
    })
    const end = dialog.querySelector('.end')
    if (!isSelf) end.prepend(button('Delete', () => { dialog.close(); this.#delete(user) }, { kind: 'danger' }))
    end.prepend(button('Sign-ins', () => { dialog.close(); showSignIns(user) }))
  }

  #delete (user) {
    const text = 'Its tokens, grants and connections end. Its topics stay, and administrators can manage them.'
    confirmThat(`Delete ${user.username}?`, text, 'Delete', async () => {
      await api.delete(path(user))
      this.#replace(user, null)
      say(`User ${user.username} is deleted.`)
    })
  }
}

/** Another's sign-ins, which administrators may end. */
function showSignIns (user) {
  const place = el('div')
  const load = () => show(place, async () => signInTable(await api.get(`${path(user)}/sessions`), { revoke: ask, of: user.username }))
  const ask = jti => confirmThat('Revoke this sign-in?', `${user.username} has to sign in again with it.`, 'Revoke', async () => {
    // One that has ended meanwhile is what was wanted.
    await api.delete(`${path(user)}/sessions/${part(jti)}`).catch(error => { if (error.status !== 404) throw error })
    say('The sign-in is revoked.')
    await load()
  })
  openDialog(`Sign-ins of ${user.username}`, place, { broad: true })
  load()
}

const topicsOf = user => user.owned_topics_truncated ? `${count(user.owned_topics.length)}+` : count(user.owned_topics.length)

function valueOf (user, key) {
  switch (key) {
    case 'topics': return user.owned_topics.length
    case 'permissions': return [...user.permissions].sort().join()
    case 'is_active': return user.is_active ? 0 : 1
    default: return (user[key] ?? '').toLowerCase()
  }
}

const permissionFields = held => el('fieldset', {}, el('legend', {}, 'Permissions'), permissions.map(([name, meaning]) => {
  const box = checkbox('permissions', name, held.includes(name), meaning)
  box.querySelector('input').value = name
  return box
}))

/** What a form changes of a user: the rest stays, whatever others make of it meanwhile. */
function changesOf (user, data) {
  const changes = {}
  const wanted = data.getAll('permissions')
  if ([...wanted].sort().join() !== [...user.permissions].sort().join()) changes.permissions = wanted
  if (data.has('is_active') !== user.is_active) changes.is_active = data.has('is_active')
  if (data.get('email') !== (user.email ?? '')) changes.email = data.get('email') || null
  if (data.get('password')) changes.password = data.get('password')
  return changes
}
