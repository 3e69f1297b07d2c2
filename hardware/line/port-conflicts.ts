/** Drivers that can only have the same port: found in a configuration, before one of them waits for ever. Pure. */

/** A driver's configuration; what is looked at is where its ports stand, in itself or in its `transport`. */
interface PortUser {
  readonly kind: string
  readonly ports?: readonly string[]
  readonly transport?: object
}

export interface PortConflict {
  /** Place in the list of the one that comes too late. */
  readonly driver: number
  readonly message: string
}

const METERS = ['meter-bus', 'modbus']

/** Each driver whose only port is the only port of an earlier one. Two names of one port are found when it is opened. */
export function portConflicts(drivers: readonly PortUser[]): PortConflict[] {
  const owners = new Map<string, PortUser>()
  return drivers.flatMap((user, driver) => {
    const port = onlyPort(user)
    if (port === null) return []
    const owner = owners.get(port)
    owners.set(port, owner ?? user)
    return owner ? [{ driver, message: conflict(port, owner.kind, user.kind) }] : []
  })
}

function onlyPort({ ports, transport }: PortUser): string | null {
  const places = ports ?? (transport && 'ports' in transport ? (transport.ports as readonly string[]) : [])
  const [port] = places
  return places.length === 1 && port !== undefined && !/[*[]/.test(port) ? port : null
}

function conflict(port: string, one: string, other: string): string {
  const what = `${port} is the only port of a driver before it (${one}) too`
  // A converter speaks with one parity at a time, and neither protocol can tell its own frames from the other's late ones.
  const isOfMeters = METERS.includes(one) && METERS.includes(other) && one !== other
  if (isOfMeters) return `${what}: meters of DL/T and of Modbus need an RS-485 converter each`
  return one === other ? `${what}: one entry holds all that is on a line` : `${what}: each driver needs its own`
}
