/**
 * What a host application knows of one edge node, as a pure state machine (Sparkplug 3.0, chapters 5.4, 5.8, 5.10):
 * births give layouts, sequence numbers are watched with a reorder timeout, deaths make things stale, and whatever cannot
 * be understood asks for a rebirth, rate-limited. It owns no timer: `tick` is an input.
 *
 * Rows are acknowledged end to end, so a message out of order is never withheld: as long as it can be decoded with
 * certainty it is admitted at once, and the missing one is sent again by the gateway. What is refused here (no birth,
 * a session that is over) is therefore not lost either.
 */
import type { Instant, Millis } from '../time.ts'

export interface HostSessionOptions {
  /** How long a missing sequence number may be awaited before a rebirth is asked for. */
  readonly reorderTimeoutMs: Millis
  /** At most one rebirth request in this time; doubled for each one that no birth answered, up to `rebirthCeilingMs`. */
  readonly rebirthIntervalMs: Millis
  readonly rebirthCeilingMs: Millis
  /** A node that was online when the host went away counts as gone when the host has been back so long without a word. */
  readonly silenceMs: Millis
}

export const HOST_SESSION_DEFAULTS: HostSessionOptions = {
  reorderTimeoutMs: 5_000,
  rebirthIntervalMs: 10_000,
  rebirthCeilingMs: 300_000,
  silenceMs: 30_000,
}

/** More devices than this under one node are not remembered: a node that declares them is broken or hostile. */
export const MAX_DEVICES_PER_NODE = 256

export type RebirthReason = 'data-before-birth' | 'sequence-gap' | 'unknown-metric' | 'host-started'
export type IgnoredReason = 'old-death' | 'old-session' | 'not-born' | 'too-many-devices'

export type HostAction =
  | { readonly kind: 'request-rebirth'; readonly reason: RebirthReason }
  | { readonly kind: 'node-online' | 'node-offline'; readonly at: Instant }
  | { readonly kind: 'device-online' | 'device-offline'; readonly device: string; readonly at: Instant }
  | { readonly kind: 'ignored'; readonly why: IgnoredReason }

export interface DeviceState<Layout> {
  /** `null` until born in the node's present session. */
  layout: Layout | null
  online: boolean
  /** Since when online, or since when every metric of it is stale. */
  since: Instant
}

const NOTHING: readonly HostAction[] = Object.freeze([])
const SEQUENCES = 256

export class HostSession<Layout> {
  readonly #options: HostSessionOptions
  readonly #devices = new Map<string, DeviceState<Layout>>()
  readonly #missing = new Set<number>()
  #layout: Layout | null = null
  #online = false
  #since: Instant | null = null
  #bdSeq: number | null = null
  #bornAt: Instant | null = null
  #birthTimestamp = Number.NEGATIVE_INFINITY
  #expected = 0
  #missingSince: Instant | null = null
  /** Since when all that comes is out of order and stamped before the birth. */
  #staleSince: Instant | null = null
  /** Since when the host is back and has heard nothing of a node that was online before. */
  #unheardSince: Instant | null = null
  #askedAt: Instant | null = null
  #asked = 0
  #owed: RebirthReason | null = null

  constructor(options: HostSessionOptions = HOST_SESSION_DEFAULTS) {
    this.#options = options
  }

  get online(): boolean {
    return this.#online
  }

  /** Since when the node is online, or since when every metric of it is stale; `null`: never heard of. */
  get since(): Instant | null {
    return this.#since
  }

  get devices(): ReadonlyMap<string, Readonly<DeviceState<Layout>>> {
    return this.#devices
  }

  /** The layout with which DATA of the device (`null`: the node itself) is decoded now; `null`: not born. */
  layoutOf(device: string | null): Layout | null {
    if (!this.#online) return null
    return device === null ? this.#layout : (this.#devices.get(device)?.layout ?? null)
  }

  nodeBirth(
    birth: { seq: number; bdSeq: number | null; timestamp: number; layout: Layout },
    at: Instant,
  ): HostAction[] {
    this.#layout = birth.layout
    this.#bdSeq = birth.bdSeq
    this.#birthTimestamp = birth.timestamp
    this.#bornAt = at
    this.#expected = (birth.seq + 1) % SEQUENCES
    this.#forgetMissing()
    this.#staleSince = null
    this.#unheardSince = null
    this.#owed = null
    this.#asked = 0
    for (const device of this.#devices.values()) device.layout = null
    if (this.#online) return []
    this.#online = true
    this.#since = at
    return [{ kind: 'node-online', at }]
  }

  deviceBirth(
    device: string,
    birth: { seq: number; timestamp: number; layout: Layout },
    at: Instant,
  ): readonly HostAction[] {
    const refused = this.#arrive(birth.seq, birth.timestamp, at)
    if (refused) return refused
    const known = this.#devices.get(device)
    if (!known && !this.#makeRoom()) return [{ kind: 'ignored', why: 'too-many-devices' }]
    this.#devices.set(device, {
      layout: birth.layout,
      online: true,
      since: known?.online ? known.since : at,
    })
    return known?.online ? NOTHING : [{ kind: 'device-online', device, at }]
  }

  /** A DATA message: afterwards {@link layoutOf} says how to decode it, unless an `ignored` action says not to. */
  data(device: string | null, message: { seq: number; timestamp: number }, at: Instant): readonly HostAction[] {
    const refused = this.#arrive(message.seq, message.timestamp, at)
    if (refused) return refused
    if (this.layoutOf(device) !== null) return NOTHING
    return [{ kind: 'ignored', why: 'not-born' }, ...this.#ask('data-before-birth', at)]
  }

  /** A device is gone: stale since the time that the payload states. */
  deviceDeath(device: string, message: { seq: number; timestamp: number }, at: Instant): readonly HostAction[] {
    const refused = this.#arrive(message.seq, message.timestamp, at)
    if (refused) return refused
    const known = this.#devices.get(device)
    if (!known) return [{ kind: 'ignored', why: 'not-born' }]
    known.layout = null
    if (!known.online) return NOTHING
    return [this.#deviceOffline(device, known, message.timestamp as Instant)]
  }

  /** The node is gone, and with it its devices; a late will of an earlier connection (other bdSeq) is ignored. */
  nodeDeath(bdSeq: number | null, at: Instant): HostAction[] {
    if (!this.#online || (this.#bdSeq !== null && bdSeq !== this.#bdSeq)) return [{ kind: 'ignored', why: 'old-death' }]
    return this.#gone(at)
  }

  #gone(at: Instant): HostAction[] {
    this.#online = false
    this.#since = at
    this.#layout = null
    this.#forgetMissing()
    this.#staleSince = null
    this.#unheardSince = null
    const actions: HostAction[] = [{ kind: 'node-offline', at }]
    for (const [id, device] of this.#devices) {
      device.layout = null
      if (device.online) actions.push(this.#deviceOffline(id, device, at))
    }
    return actions
  }

  /** The decoder met an alias or a name that no birth declared. */
  unknownMetric(at: Instant): readonly HostAction[] {
    return this.#ask('unknown-metric', at)
  }

  /** The host is connected again: a death may have been missed, and until the node is heard it is in doubt. */
  hostReturned(at: Instant): void {
    if (this.#online) this.#unheardSince = at
  }

  /** Some time later, the host has not heard of the node: births are neither retained nor repeated by themselves. */
  hostStarted(at: Instant): readonly HostAction[] {
    return this.#online && this.#unheardSince === null ? NOTHING : this.#ask('host-started', at)
  }

  /** To be called each second or so. */
  tick(at: Instant): readonly HostAction[] {
    const actions: HostAction[] = []
    if (this.#missingSince !== null && elapsed(this.#missingSince, at) >= this.#options.reorderTimeoutMs) {
      this.#forgetMissing()
      actions.push(...this.#ask('sequence-gap', at))
    }
    if (this.#staleSince !== null && elapsed(this.#staleSince, at) >= this.#options.reorderTimeoutMs) {
      this.#staleSince = null
      actions.push(...this.#ask('sequence-gap', at))
    }
    if (this.#owed !== null) actions.push(...this.#ask(this.#owed, at))
    if (this.#unheardSince !== null && elapsed(this.#unheardSince, at) >= this.#options.silenceMs)
      actions.push(...this.#gone(at))
    if (this.#bornAt !== null && elapsed(this.#bornAt, at) >= this.#options.reorderTimeoutMs) {
      this.#bornAt = null
      for (const [id, device] of this.#devices)
        if (device.online && device.layout === null) actions.push(this.#deviceOffline(id, device, at))
    }
    return actions.length === 0 ? NOTHING : actions
  }

  /** Keeps the books on sequence numbers; returns actions when the message must not be used. */
  #arrive(seq: number, timestamp: number, at: Instant): readonly HostAction[] | null {
    if (!this.#online) return [{ kind: 'ignored', why: 'not-born' }, ...this.#ask('data-before-birth', at)]
    this.#unheardSince = null
    if (seq === this.#expected) {
      this.#expected = (seq + 1) % SEQUENCES
      this.#staleSince = null
      return null
    }
    // Out of order AND older than the birth: sent before a rebirth, its aliases may mean something else now. Or the
    // node's clock was set back and a message was lost: then it goes on, and a new birth has to clear that up.
    if (timestamp < this.#birthTimestamp) {
      this.#staleSince ??= at
      return [{ kind: 'ignored', why: 'old-session' }]
    }
    if (this.#missing.delete(seq)) {
      if (this.#missing.size === 0) this.#missingSince = null
      return null
    }
    for (let lost = this.#expected; lost !== seq; lost = (lost + 1) % SEQUENCES) this.#missing.add(lost)
    this.#expected = (seq + 1) % SEQUENCES
    this.#missingSince ??= at
    return null
  }

  #ask(reason: RebirthReason, at: Instant): readonly HostAction[] {
    const { rebirthIntervalMs, rebirthCeilingMs } = this.#options
    const wait = Math.min(rebirthIntervalMs * 2 ** Math.max(0, this.#asked - 1), rebirthCeilingMs)
    if (this.#askedAt !== null && elapsed(this.#askedAt, at) < wait) {
      this.#owed = reason
      return NOTHING
    }
    this.#owed = null
    this.#askedAt = at
    this.#asked++
    return [{ kind: 'request-rebirth', reason }]
  }

  /** Room for one more device: one that is no longer born is forgotten, or a node's renamed sensors would fill it. */
  #makeRoom(): boolean {
    if (this.#devices.size < MAX_DEVICES_PER_NODE) return true
    let oldest: string | null = null
    let since = Number.POSITIVE_INFINITY
    for (const [id, device] of this.#devices) {
      if (device.online || device.layout !== null || device.since >= since) continue
      oldest = id
      since = device.since
    }
    return oldest !== null && this.#devices.delete(oldest)
  }

  #deviceOffline(device: string, state: DeviceState<Layout>, at: Instant): HostAction {
    state.online = false
    state.since = at
    return { kind: 'device-offline', device, at }
  }

  #forgetMissing(): void {
    this.#missing.clear()
    this.#missingSince = null
  }
}

/** Wall clocks are stepped: a step backwards counts as all the time there is, or a wait would never end. */
const elapsed = (since: Instant, at: Instant): Millis => (at < since ? Number.POSITIVE_INFINITY : at - since)
