/**
 * Keeps the number of series within what `countSeries` promises: sensors that are registered are always admitted, of each
 * gateway so many others, of each sensor so many channels. What is refused is the sender's to put right.
 */
import { SENSOR_CHANNELS, UNREGISTERED_SENSORS } from './cardinality.ts'

export class SeriesAdmission {
  readonly #registered: ReadonlySet<string>
  readonly #others = new Map<string, Set<string>>()
  readonly #channels = new Map<string, Set<string>>()

  /** @param registered `gateway/sensor` */
  constructor(registered: Iterable<string>) {
    this.#registered = new Set(registered)
  }

  admits(gateway: string, sensor: string | null, channel: string | null): boolean {
    if (sensor === null) return true
    const key = `${gateway}/${sensor}`
    if (!this.#registered.has(key) && !admit(this.#others, gateway, sensor, UNREGISTERED_SENSORS)) return false
    return channel === null || admit(this.#channels, key, channel, SENSOR_CHANNELS)
  }
}

function admit(lists: Map<string, Set<string>>, key: string, value: string, most: number): boolean {
  const list = lists.get(key)
  if (!list) {
    lists.set(key, new Set([value]))
    return true
  }
  if (list.has(value)) return true
  if (list.size >= most) return false
  list.add(value)
  return true
}
