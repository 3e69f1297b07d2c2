import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'

/** Pairs remembered at most, for each gateway and of gateways: more than a site has. When full it begins anew. */
const CEILING = 256

/**
 * Makes the names under which a detector keeps what it knows of each sensor: `gateway/sensor`. The same text is given
 * out again and again, as one that is put together for each reading is dear to look up by.
 */
export function createSensorKeys(): (gateway: GatewayId, sensor: SensorId) => string {
  const known = new Map<GatewayId, Map<SensorId, string>>()
  return (gateway, sensor) => {
    const key = known.get(gateway)?.get(sensor)
    if (key !== undefined) return key
    // As a property's name it is found faster later on.
    const made = Object.keys({ [`${gateway}/${sensor}`]: true })[0]!
    if (known.size >= CEILING) known.clear()
    const sensors = known.get(gateway) ?? new Map<SensorId, string>()
    if (sensors.size >= CEILING) sensors.clear()
    known.set(gateway, sensors.set(sensor, made))
    return made
  }
}
