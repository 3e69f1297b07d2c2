/** What one or several MQTT servers saw, in order. The checker judges nothing else. */

export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

interface Base {
  /** UTC milliseconds by the server's clock. */
  readonly at: number
  readonly client: string
  /** Which server of several; 0 when there is one. */
  readonly server?: number
}

export type Packet =
  | (Base & {
      readonly kind: 'connect'
      /** MQTT 3.1.1 or 5.0. */
      readonly version: 4 | 5
      /** Clean Session, or Clean Start. */
      readonly clean: boolean
      /** Of MQTT 5. */
      readonly sessionExpiryS?: number
      readonly will: Message | null
    })
  | (Base & {
      readonly kind: 'subscribe'
      readonly filters: readonly { readonly topic: string; readonly qos: 0 | 1 | 2 }[]
    })
  /** From client to server. */
  | (Base & { readonly kind: 'publish' } & Message)
  /** From server to client. */
  | (Base & { readonly kind: 'deliver' } & Message)
  /** The client's DISCONNECT. */
  | (Base & { readonly kind: 'disconnect'; readonly reasonCode?: number })
  /** The connection ended without DISCONNECT; `intended` when the client is known to have wanted it. */
  | (Base & { readonly kind: 'close'; readonly intended?: boolean })

export interface CheckOptions {
  /** The host that edge nodes are configured to wait for. */
  readonly primaryHost?: string | null
  /** How many servers edge nodes have to walk through. */
  readonly servers?: number
  /** Devices that take commands, as `group/node/device`. */
  readonly writableDevices?: readonly string[]
  /** How far a stamp may be from the server's clock and still be called UTC. */
  readonly utcWindowMs?: number
  /** How long a command may be under way before what it asks for is due. */
  readonly graceMs?: number
  /** The hosts' Reorder Timeout; `null` when they have none. */
  readonly reorderTimeoutMs?: number | null
}

/** Options with every default filled in. */
export type Settings = CheckOptions & { readonly utcWindowMs: number; readonly graceMs: number }
