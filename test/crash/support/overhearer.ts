import { assignAliases, declareGateway } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { Acknowledgement, RangeSet, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import mqtt, { type MqttClient } from 'mqtt'

/** Commands name a metric by the alias of the gateway's birth, which numbers its own metrics first. */
const ACKNOWLEDGED = assignAliases(declareGateway(), 1).declared.find(
  ({ name }) => name === SPOOL_METRICS.acknowledged,
)?.alias

/** Listens at the broker to what the fleet manager acknowledges; comes back by itself when the broker does. */
export class Overhearer implements AsyncDisposable {
  readonly #client: MqttClient
  /** By epoch: everything that was ever acknowledged. */
  readonly acknowledged = new Map<string, RangeSet>()
  /** Of the last acknowledgement. */
  epoch = ''

  constructor(url: string) {
    this.#client = mqtt.connect(url, { protocolVersion: 4, reconnectPeriod: 200 })
    this.#client.on('error', () => undefined)
    this.#client.on('connect', () => this.#client.subscribe('spBv1.0/+/NCMD/#'))
    this.#client.on('message', (_topic, payload) => this.#hear(payload))
  }

  /** How many rows of the epoch are acknowledged. */
  rowsOf(epoch: string): number {
    return [...(this.acknowledged.get(epoch)?.toArray() ?? [])].reduce((sum, [from, to]) => sum + to - from + 1, 0)
  }

  /** All rows, over all epochs. */
  get rows(): number {
    return [...this.acknowledged.keys()].reduce((sum, epoch) => sum + this.rowsOf(epoch), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true)
  }

  #hear(payload: Uint8Array): void {
    for (const { alias, value } of decodePayload(payload).metrics) {
      if (alias !== ACKNOWLEDGED) continue
      const { epoch, ranges } = Acknowledgement.parse(JSON.parse(String(value)))
      const all = this.acknowledged.get(epoch) ?? new RangeSet()
      for (const [from, to] of ranges) all.add(from, to)
      this.acknowledged.set(epoch, all)
      this.epoch = epoch
    }
  }
}
