/** The types of the client of Pulsar Relay. docs/browsers.md is the guide. */

/** Times, in milliseconds. */
export interface Timing {
  /** How long a request may take: 30 s. */
  request: number
  /** The pause before the first repeat: 500 ms. Each later one is twice as long, and by chance up to half less. */
  retryFirst: number
  /** The longest of these pauses: 30 s. */
  retryLongest: number
  /** How long a publish, `whoami`, `history` or `token` is repeated: 120 s. The relay knows an idempotency key for 600 s. */
  retryWithin: number
  /** How long before its end a token is renewed, and no more than a fifth of its life: 60 s. */
  renewBefore: number
  /** How long a transport may take to show that it works: 10 s. */
  open: number
  /**
   * How long a session of WebTransport may take to open before another transport is used meanwhile, since networks may swallow its packets: 500 ms,
   * or three times what the last one took. Where one has not opened, others come first for a minute (`climb`).
   */
  quic: number
  /** The silence after which a WebSocket is asked for a sign of life, and half of that after which an event stream is given up: 25 s. */
  quiet: number
  /** How long the sign of life may take: 10 s. */
  answer: number
  /** How long a poll waits: 25 s. The relay takes 1 to 60 s. */
  poll: number
  /** A connection that lasts so long was a sound one: 10 s. */
  settle: number
  /** When a better transport is tried again, later after twice as long each time: 60 s. */
  climb: number
  /** The longest of these pauses: 10 min. */
  climbLongest: number
}

export declare const TIMING: Readonly<Timing>

export type Transport = 'webtransport' | 'websocket' | 'event-stream' | 'long-poll'

/** Best first. */
export declare const TRANSPORTS: readonly Transport[]

/** JSON that is an object. */
export type JSONObject = { [name: string]: unknown }

// Errors

export interface ErrorFacts {
  code?: string
  status?: number | null
  detail?: unknown
  retryAfter?: number | null
  cause?: unknown
}

/** What went wrong at the relay, or on the way to it. What is cancelled throws the signal's reason instead. */
export declare class RelayError extends Error {
  constructor (message: string, facts?: ErrorFacts)
  readonly code: string
  /** Of the HTTP answer; null where there was none. */
  readonly status: number | null
  /** What the relay said: a text, or a list of problems with fields. Null where it said nothing. */
  readonly detail: unknown
  /** Milliseconds that the relay asked to wait. */
  readonly retryAfter: number | null
  /** Whether the same may succeed later. */
  get isTransient (): boolean
}

/** 401, or nobody is logged in any more: `unauthenticated`. */
export declare class AuthenticationError extends RelayError {}
/** 403: `forbidden`. */
export declare class PermissionError extends RelayError {}
/** 404: `not_found`. */
export declare class NotFoundError extends RelayError {}
/** Other 4xx: `invalid`. */
export declare class InvalidRequestError extends RelayError {}
/** 429: `rate_limited`. */
export declare class RateLimitError extends RelayError {}
/** 5xx: `unavailable`. */
export declare class UnavailableError extends RelayError {}
/** No answer, or one that broke off: `network`, `timeout`, `restarting`. For good: `untrusted`, where Node says so of the certificate. */
export declare class NetworkError extends RelayError {}

// Logging in

/** What is kept of a login. To be treated as secret, and as one value. */
export interface Tokens {
  accessToken: string
  refreshToken: string | null
  /** Milliseconds since 1970. */
  expiresAt: number
  renewAt: number
}

/** What the relay answers where it gives tokens. */
export interface TokenAnswer {
  access_token: string
  refresh_token?: string | null
  /** Seconds. */
  expires_in: number
}

/** Where a login is kept. A store that pages share needs a lock, as browsers have on https. */
export interface TokenStore {
  get (): Tokens | null | Promise<Tokens | null>
  set (tokens: Tokens | null): void | Promise<void>
}

export interface RelayOptions {
  /**
   * An access token, or what gives one: it is called where there is none, where the last one ends soon, and where the relay has not taken one,
   * `rejected`. An error that it throws is taken for a trouble that passes, an `AuthenticationError` for the end.
   */
  token?: string | ((context: { rejected: string | null }) => string | Promise<string>)
  /** Logs in by itself, and again when the login ends: for programs that run on. */
  credentials?: { username: string, password: string }
  /** Where the login is kept; left out, in memory. */
  tokens?: TokenStore
  /** Keeps others from the store of tokens meanwhile; left out, the browser's locks where there are any. */
  lock?: <Value>(name: string, act: () => Promise<Value>) => Promise<Value>
  timing?: Partial<Timing>
  fetch?: typeof fetch
  /** The class for WebSockets. Null: none are opened. */
  WebSocket?: (new (url: string, protocols: string[]) => unknown) | null
  /** The class for sessions of WebTransport. Null: none are opened. */
  WebTransport?: (new (url: string, options: object) => unknown) | null
}

// Messages

/** Messages are gone: between `after` and `resumedFrom`, the oldest message that is kept. */
export interface Gap {
  topic: string
  after: string
  /** Null where none is kept. */
  resumedFrom: string | null
  /** The topic's history from here on. */
  epoch: string | null
}

export interface Message<Payload = JSONObject> {
  id: string
  topic: string
  /** An object; in topics of bytes a `Uint8Array`. */
  payload: Payload
  /** In UTC, with microseconds. */
  timestamp: string
  metadata: { [name: string]: string }
  /** The peer of a session that published it. */
  sender: string | null
  /** Whether it stands for all messages before it. */
  isSnapshot: boolean
  /** Where to go on after it. */
  cursor: string
  /** What is gone right before it. */
  gap: Gap | null
}

export interface OutgoingMessage {
  topic: string
  payload: object | Uint8Array
  /** Seconds after which it goes. */
  ttl?: number
  metadata?: { [name: string]: string }
}

export interface RequestOptions {
  signal?: AbortSignal
}

export interface BulkOptions extends RequestOptions {
  /** 1 to 255 characters of ASCII; left out, one by chance. Give one where the same may be published again by a later run. */
  idempotencyKey?: string
}

export interface PublishOptions extends BulkOptions {
  ttl?: number
  metadata?: { [name: string]: string }
}

export interface Published {
  id: string
  topic: string
  timestamp: string
  /** What the message survives. */
  durability: string | null
}

export interface BulkPublished {
  /** In the order of the messages. One that could not be stored has an `error`. */
  results: { id: string | null, topic: string, error: string | null }[]
  accepted: number
  rejected: number
}

export interface HistoryOptions extends RequestOptions {
  /** `desc`, the newest first, or `asc`. */
  order?: 'desc' | 'asc'
  /** Messages in a page, 1 to 100. */
  limit?: number
  cursor?: string | null
}

export interface HistoryPage<Payload = JSONObject> {
  messages: Message<Payload>[]
  /** Of the next page. Null only for an empty page, which is the end. */
  cursor: string | null
  epoch: string | null
  /** Before the first message; with `order: 'asc'`. */
  gap: Gap | null
}

export interface User {
  user_id: string
  username: string
  email: string | null
  is_active: boolean
  created_at: string
  permissions: ('read' | 'write' | 'admin')[]
  owned_topics: string[]
  owned_topics_truncated?: boolean
}

// Reading

/** Where cursors are kept. A store that fails ends the subscription. */
export interface CursorStore {
  get (topic: string): string | null | undefined | Promise<string | null | undefined>
  set (topic: string, cursor: string): unknown
}

export interface SubscribeOptions {
  /** `latest` (the default): what comes from now on. `earliest`: all that is kept. Or a cursor; or these by topic. */
  from?: string | { [topic: string]: string }
  /** Begins where it ended the last time, and keeps where it is. */
  cursors?: CursorStore
  /** Some of `TRANSPORTS`; left out, all. */
  transports?: readonly Transport[]
  /** Messages that wait for the application before no more are read: 256. */
  maxBuffered?: number
  /** Their size, in characters of JSON: 4 Mi. */
  maxBufferedSize?: number
  /** Ends it, by the signal's reason. */
  signal?: AbortSignal
}

export interface SubscriptionEvents<Payload = JSONObject> {
  /** A connection is open, and these are the places from which it reads on. */
  open: CustomEvent<{ transport: Transport, cursors: { [topic: string]: string } }>
  message: CustomEvent<Message<Payload>>
  gap: CustomEvent<Gap>
  /** The connection is gone, and the next try is `delay` milliseconds away. */
  wait: CustomEvent<{ error: RelayError | null, delay: number, transport: Transport }>
  /** It is over: for good where there is an error. */
  close: CustomEvent<{ error: unknown }>
}

export declare class Subscription<Payload = JSONObject> extends EventTarget implements AsyncIterable<Message<Payload>> {
  private constructor ()
  readonly topics: string[]
  readonly state: 'connecting' | 'open' | 'full' | 'waiting' | 'closed'
  readonly transport: Transport | null
  /** Where it is in each topic, by what has been received. */
  readonly cursors: { [topic: string]: string }
  /** Resolves once it is connected for the first time. */
  readonly ready: Promise<void>
  /** Stores that a message is done with, before that happens by itself. */
  save (message: { topic: string, cursor: string }): void
  /** Ends it. Resolves once the last cursors are stored. */
  close (): Promise<void>
  [Symbol.asyncIterator] (): AsyncIterableIterator<Message<Payload>>
  addEventListener<Type extends keyof SubscriptionEvents> (
    type: Type, listener: (event: SubscriptionEvents<Payload>[Type]) => void, options?: boolean | AddEventListenerOptions
  ): void
  addEventListener (type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void
}

export interface RelayEvents {
  /** Null where the application has handed the tokens over. */
  login: CustomEvent<{ username: string | null }>
  /** With an error where the login ended by itself. */
  logout: CustomEvent<{ error: AuthenticationError | null }>
}

/** A relay, and a user of it. */
export declare class PulsarRelay extends EventTarget {
  /** @param url the relay's; left out, the one that the module came from */
  constructor (url?: string | URL, options?: RelayOptions)
  login (username: string, password: string, options?: RequestOptions): Promise<void>
  /** Goes on with tokens that the application has got from the relay itself: by a device's code, a provider, or a new password. */
  adopt (answer: TokenAnswer): Promise<void>
  logout (options?: RequestOptions): Promise<void>
  /** An access token that is good for a while. */
  token (options?: RequestOptions): Promise<string>
  whoami (options?: RequestOptions): Promise<User>
  publish (topic: string, payload: object | Uint8Array, options?: PublishOptions): Promise<Published>
  /** 1 to 100 messages in one request. */
  publishAll (messages: OutgoingMessage[], options?: BulkOptions): Promise<BulkPublished>
  history<Payload = JSONObject> (topic: string, options?: HistoryOptions): Promise<HistoryPage<Payload>>
  walkHistory<Payload = JSONObject> (topic: string, options?: HistoryOptions): AsyncGenerator<Message<Payload>, void, undefined>
  subscribe<Payload = JSONObject> (topics: string | string[], options?: SubscribeOptions): Subscription<Payload>
  /** Closes all subscriptions. */
  close (): Promise<void>
  addEventListener<Type extends keyof RelayEvents> (
    type: Type, listener: (event: RelayEvents[Type]) => void, options?: boolean | AddEventListenerOptions
  ): void
  addEventListener (type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void
}

/** Keeps a login in `localStorage` or `sessionStorage`. */
export declare function storedTokens (storage: Storage, key?: string): TokenStore

/** Keeps cursors in `localStorage` or `sessionStorage`. */
export declare function storedCursors (storage: Storage, prefix?: string): CursorStore
