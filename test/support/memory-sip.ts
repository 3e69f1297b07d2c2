/** SIP without sockets, in virtual time: datagrams take a moment and a few go lost, as in a network of a mine. */
import type { Peer } from '@minewarden/hardware/gb28181/peer.ts'
import { parseDatagram } from '@minewarden/hardware/gb28181/sip/message.ts'
import type { SipPort, TransportDeps } from '@minewarden/hardware/gb28181/transport.ts'
import type { CameraWire } from '@minewarden/hardware/sim/gb28181/wire.ts'
import type { Clock } from '@minewarden/protocol/time.ts'

const LOST = 0.01
const FIRST_PORT = 10_000

export class MemorySip {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #listeners: ((text: string) => void)[] = []
  #platform: TransportDeps | null = null

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** The platform's side. */
  open(deps: TransportDeps): SipPort {
    this.#platform = deps
    return {
      port: 5060,
      counts: { malformed: 0, flooded: 0, refusedConnections: 0 },
      failure: null,
      onFailure: null,
      send: ({ port, transport }, bytes) => {
        this.#later(transport, () => this.#listeners[port - FIRST_PORT]?.(Buffer.from(bytes).toString('latin1')))
        return true
      },
      close: async () => {
        this.#platform = null
      },
    }
  }

  /** A camera's side. */
  wire(transport: 'UDP' | 'TCP'): CameraWire {
    const i = this.#listeners.push(() => undefined) - 1
    const host = `10.0.0.${i + 2}`
    const peer: Peer = {
      transport,
      host,
      port: FIRST_PORT + i,
      localHost: '10.0.0.1',
      localPort: 5060,
      connection: transport === 'TCP' ? i : null,
    }
    return {
      transport,
      local: `${host}:${peer.port}`,
      send: (bytes) =>
        this.#later(transport, () => {
          const parsed = parseDatagram(bytes)
          if (parsed.kind === 'message') this.#platform?.receive(parsed.message, peer)
        }),
      onMessage: (listener) => {
        this.#listeners[i] = listener
      },
      close: () => undefined,
    }
  }

  #later(transport: 'UDP' | 'TCP', deliver: () => void): void {
    if (transport === 'UDP' && this.#random() < LOST) return
    void this.#clock.sleep(1 + (transport === 'UDP' ? 5 * this.#random() : 0)).then(deliver)
  }
}
