import { HostPresence } from '@minewarden/protocol/sparkplug/host-presence.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import type { HostTransport, HostTransportHandlers } from '../core/host-transport.ts'
import type { AedesBroker } from './broker-aedes.ts'

export interface EmbeddedTransport extends HostTransport {
  /** Where gateways connect; 0 before `start`. */
  readonly port: number
}

/**
 * The host inside its own broker: messages come as calls, commands go out as broker publishes, and no socket lies
 * between. STATE stands, retained, before the first gateway can connect.
 */
export function createEmbeddedTransport(
  broker: AedesBroker,
  deps: { readonly hostId: string; readonly clock: Clock },
): EmbeddedTransport {
  const presence = new HostPresence(deps.hostId)
  let port = 0
  return {
    get port() {
      return port
    },
    async start(handlers: HostTransportHandlers) {
      await broker.open(handlers.onMessage)
      presence.connect(deps.clock.now())
      const birth = presence.birth()
      await broker.publish(birth.topic, birth.payload, birth)
      port = await broker.listen()
      handlers.onOnline()
    },
    publish(topic, payload) {
      void broker.publish(topic, payload, { qos: 0, retain: false })
    },
    async stop() {
      const death = presence.death(deps.clock.now())
      await broker.publish(death.topic, death.payload, death)
      await broker.close()
    },
  }
}
