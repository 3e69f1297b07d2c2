/**
 * One registered device and its probes as they are known: what came from it, when, and what follows from that for each
 * probe. Pure: moments are arguments, on the monotonic clock.
 */
import type { ProbeStatus, SensorId } from '@minewarden/protocol/ids.ts'
import type { Millis } from '@minewarden/protocol/time.ts'
import { type AlarmMeaning, outranks } from './alarm.ts'
import { KeepaliveRhythm } from './keepalive-rhythm.ts'
import type { AlarmNotice, CatalogPart, DeviceStatus, Keepalive } from './manscdp.ts'

/** How a probe is at a moment; `since` on the monotonic clock. */
export interface Verdict {
  readonly status: ProbeStatus
  readonly cause: string | null
  readonly confidence: number
  readonly since: Millis
}

/** A fault of a channel that a device told of, and since when. */
interface Fault {
  readonly cause: 'device-status-offline' | 'device-status-error' | 'catalog-off' | 'info-faulty'
  readonly since: Millis
}
const FAULT_CONFIDENCE = {
  'device-status-offline': 0.95,
  'catalog-off': 0.9,
  'info-faulty': 0.85,
  'device-status-error': 0.6,
} as const

interface StandingAlarm extends AlarmMeaning {
  readonly since: Millis
  until: Millis
}

export interface ProbeRecord {
  readonly sensor: SensorId
  readonly channel: string
  readonly faults: Map<Fault['cause'], Fault>
  alarm: StandingAlarm | null
  /** The device vouched for this very channel since it registered. */
  isConfirmed: boolean
}

/** Why nothing is heard of a device. */
type Absence = 'never-registered' | 'unregistered' | 'registration-expired'

export interface DeviceOptions {
  readonly id: string
  readonly probes: readonly { readonly sensor: SensorId; readonly channel: string }[]
  readonly keepaliveMs: Millis
  readonly alarmHoldMs: Millis
}

/** Devices renew their registration at its end, or a little after: a tenth of its time, at most this. */
const LATE_MS: Millis = 30_000

/** Keepalives that may be missed before a device is offline. */
export const MISSED_KEEPALIVES = 3

export class DeviceRecord {
  readonly id: string
  readonly probes: readonly ProbeRecord[]
  readonly #rhythm: KeepaliveRhythm
  readonly #alarmHoldMs: Millis
  #absence: { readonly why: Absence; readonly since: Millis } | null
  #expiresAt: Millis = 0
  #heardAt: Millis
  clockOffsetS: number | null = null

  constructor({ id, probes, keepaliveMs, alarmHoldMs }: DeviceOptions, now: Millis) {
    this.id = id
    this.probes = probes.map((probe) => ({ ...probe, faults: new Map(), alarm: null, isConfirmed: false }))
    this.#rhythm = new KeepaliveRhythm(keepaliveMs)
    this.#alarmHoldMs = alarmHoldMs
    this.#absence = { why: 'never-registered', since: now }
    this.#heardAt = now
  }

  isRegistered(now: Millis): boolean {
    return this.#absence === null && now < this.#expiresAt
  }

  /** Registered, and heard of lately enough to be spoken to. */
  isPresent(now: Millis): boolean {
    return this.isRegistered(now) && !this.isOverdue(now)
  }

  isOverdue(now: Millis): boolean {
    return now - this.#heardAt >= MISSED_KEEPALIVES * this.#rhythm.intervalMs
  }

  registered(expiresS: number, now: Millis): void {
    const isNew = !this.isRegistered(now)
    this.#absence = null
    this.#expiresAt = now + expiresS * 1_000 + Math.min(LATE_MS, expiresS * 100)
    this.heard(now)
    if (!isNew) return
    this.#rhythm.restart()
    for (const probe of this.probes) probe.isConfirmed = false
  }

  unregistered(now: Millis): void {
    this.#absence = { why: 'unregistered', since: now }
  }

  /** Anything that only the device can have sent. */
  heard(now: Millis): void {
    this.#heardAt = now
  }

  keepalive({ isOk, faulty }: Keepalive, now: Millis): void {
    this.heard(now)
    this.#rhythm.beat(now)
    // A device that is not well, and says of no channel that it is the cause, speaks of all.
    const isAll = !isOk && faulty.length === 0
    for (const probe of this.probes) mark(probe, 'info-faulty', isAll || faulty.includes(probe.channel), now)
  }

  catalog({ items }: CatalogPart, now: Millis): void {
    this.heard(now)
    for (const { id, isOn } of items) {
      const probe = this.#probe(id)
      if (!probe || isOn === null) continue
      mark(probe, 'catalog-off', !isOn, now)
      if (isOn) probe.isConfirmed = true
    }
  }

  status({ device, isOnline, isOk }: DeviceStatus, now: Millis): void {
    this.heard(now)
    const probe = this.#probe(device)
    if (!probe) return
    if (isOnline !== null) mark(probe, 'device-status-offline', !isOnline, now)
    if (isOk !== null) mark(probe, 'device-status-error', !isOk, now)
    if (isOnline === true) probe.isConfirmed = true
  }

  /** False when the alarm is of none of the probes. */
  alarm({ device }: AlarmNotice, meaning: AlarmMeaning, now: Millis): boolean {
    this.heard(now)
    const own = this.#probe(device)
    // What a recorder says of itself may concern any of its cameras.
    const concerned = own ? [own] : device === this.id || this.probes.length === 1 ? this.probes : []
    const confidence = concerned.length > 1 ? meaning.confidence / 2 : meaning.confidence
    for (const probe of concerned) {
      const standing = standingAlarm(probe, now)
      const until = now + this.#alarmHoldMs
      if (standing?.cause === meaning.cause) standing.until = until
      else if (!standing || !outranks(standing, meaning)) probe.alarm = { ...meaning, confidence, since: now, until }
    }
    return concerned.length > 0
  }

  /**
   * How a probe is; `null` while it is too early to say.
   * @param isLineSuspect many devices fell silent at once: rather the way to them than they
   */
  verdict(probe: ProbeRecord, isLineSuspect: boolean, now: Millis): Verdict | null {
    const absent = this.#absent(isLineSuspect, now)
    if (absent) return absent
    return this.isRegistered(now) ? channelVerdict(probe, now) : null
  }

  #absent(isLineSuspect: boolean, now: Millis): Verdict | null {
    const absence: { readonly why: Absence; readonly since: Millis } | null =
      this.#absence ?? (now >= this.#expiresAt ? { why: 'registration-expired', since: this.#heardAt } : null)
    if (absence?.why === 'never-registered') {
      if (!this.isOverdue(now)) return null
      return { status: 'offline', cause: absence.why, confidence: 0.5, since: absence.since }
    }
    // One that said goodbye knew what it did.
    if (absence) return { status: 'offline', cause: absence.why, confidence: 0.9, since: absence.since }
    if (!this.isOverdue(now)) return null
    const confidence = isLineSuspect ? 0.4 : 0.8
    return { status: 'offline', cause: 'keepalive-missed', confidence, since: this.#heardAt }
  }

  #probe(channel: string): ProbeRecord | undefined {
    return this.probes.find((probe) => probe.channel === channel)
  }
}

function mark(probe: ProbeRecord, cause: Fault['cause'], isFaulty: boolean, now: Millis): void {
  if (!isFaulty) probe.faults.delete(cause)
  else if (!probe.faults.has(cause)) probe.faults.set(cause, { cause, since: now })
}

function standingAlarm(probe: ProbeRecord, now: Millis): StandingAlarm | null {
  if (probe.alarm && now >= probe.alarm.until) probe.alarm = null
  return probe.alarm
}

/** Of a probe whose device is there. What the device knows of a channel goes before alarms, which only fade. */
function channelVerdict(probe: ProbeRecord, now: Millis): Verdict {
  const [fault] = [...probe.faults.values()].sort((a, b) => FAULT_CONFIDENCE[b.cause] - FAULT_CONFIDENCE[a.cause])
  if (fault) return { status: 'offline', ...fault, confidence: FAULT_CONFIDENCE[fault.cause] }
  const alarm = standingAlarm(probe, now)
  if (alarm) return { status: alarm.status, cause: alarm.cause, confidence: alarm.confidence, since: alarm.since }
  return { status: 'online', cause: null, confidence: probe.isConfirmed ? 0.95 : 0.7, since: now }
}
