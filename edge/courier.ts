/**
 * Between spool and session: sends what delivery chooses, and settles what the host acknowledges. Rows are encoded to
 * Sparkplug here and not before.
 */
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import type { Priority } from '@minewarden/protocol/reading.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { Acknowledgement } from '@minewarden/protocol/spool.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { Births } from './core/births.ts'
import { parseCommandJson } from './core/command-json.ts'
import { type Delivery, PAGE_ROWS } from './core/delivery.ts'
import type { Logger, RowRef, Spool, SpoolRow } from './core/ports.ts'
import type { SessionRunner } from './session-runner.ts'

/** Rows measured longer ago than this are sent as historical. */
export const HISTORICAL_AFTER_MS: Millis = 30_000
/** Rows sent before the event loop gets its turn. */
const ROWS_PER_TURN = 64
const TICK_MS: Millis = 1_000
const PRIORITIES: readonly Priority[] = ['alarm', 'feature', 'waveform']
/** The node asks for its own rebirth at most this often. */
const REBIRTH_EACH_MS: Millis = 10_000
/** A device that is down keeps its birth this long after its last row, so that its backlog needs no birth a row. */
const LINGER_MS: Millis = 2_000
/** A longer acknowledgement is not parsed: 128 ranges of two numbers fit many times over. */
const MAX_ACKNOWLEDGEMENT_CHARS = 16_384

/** Rows that wait for the right time: of each priority, so long. */
export interface Hold {
  readonly fromSequence: number
  /** Monotonic. */
  readonly untilMs: { readonly [P in Priority]: Millis }
}

export interface CourierDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly spool: Spool
  readonly delivery: Delivery
  readonly births: Births
  readonly session: Pick<
    SessionRunner,
    'online' | 'congested' | 'send' | 'rebirth' | 'deviceUp' | 'deviceDown' | 'isBorn'
  >
  readonly badInput: (reason: string) => void
  readonly hold?: Hold | null
}

export class Courier {
  readonly #deps: CourierDeps
  readonly #stop = new AbortController()
  /** Devices that have failed; their DDEATH follows once their rows are out. */
  readonly #down = new Set<string>()
  readonly #lastSent = new Map<string, Millis>()
  /** Priorities whose rows wait. */
  readonly #held: Set<Priority>
  #turn = false
  #rebornAt: Millis = Number.NEGATIVE_INFINITY
  #rejected = 0

  constructor(deps: CourierDeps) {
    this.#deps = deps
    this.#held = new Set(deps.hold ? PRIORITIES : [])
  }

  start(): void {
    void this.#tickForEver()
  }

  stop(): void {
    this.#stop.abort()
    this.#deps.delivery.end()
  }

  /** Births are out. */
  begun(): void {
    this.#deps.delivery.settleBelow(this.#deps.spool.stats().oldest)
    this.#deps.delivery.begin(this.#now())
    this.pump()
  }

  ended(): void {
    this.#deps.delivery.end()
    this.#lastSent.clear()
  }

  accepted(rows: readonly SpoolRow[]): void {
    for (const { reading } of rows) this.#deps.births.note(reading)
    this.#deps.delivery.accepted(rows.filter((row) => !this.#isHeld(row)))
    this.pump()
  }

  /** These rows need not wait (any longer). */
  release(priorities: Iterable<Priority> = PRIORITIES): void {
    const { delivery, spool, hold } = this.#deps
    for (const priority of priorities) {
      if (!hold || !this.#held.delete(priority)) continue
      for (let after = hold.fromSequence - 1; ; ) {
        const refs = spool.pending(priority, after, PAGE_ROWS)
        delivery.accepted(refs)
        if (refs.length < PAGE_ROWS) break
        after = refs.at(-1)?.sequence ?? after
      }
    }
    this.pump()
  }

  deviceUp(device: string): void {
    this.#down.delete(device)
    this.#deps.session.deviceUp(device)
  }

  /** The device is lost. What it measured before, and that it is lost, is still to be sent: then DDEATH follows. */
  deviceDown(device: string): void {
    this.#down.add(device)
    this.#lastSent.set(device, this.#now())
  }

  /** The value of the NCMD metric `Spool/Acknowledged`. */
  acknowledged(value: MetricValue | null): void {
    const { delivery, spool, logger, session } = this.#deps
    const parsed = check(Acknowledgement, parseCommandJson(value, MAX_ACKNOWLEDGEMENT_CHARS))
    if (!parsed.ok) {
      this.#deps.badInput(`Spool/Acknowledged: ${describeProblems(parsed.problems)}`)
      return
    }
    const acknowledgement = parsed.value
    // Of a spool file that is gone: nothing of it can be settled any more.
    if (acknowledgement.epoch !== spool.epoch) return
    const { ranges, unknown, rejected } = delivery.acknowledged(acknowledgement, this.#now())
    spool.settle(ranges)
    if (unknown > 0) this.#deps.badInput(`Spool/Acknowledged: ${unknown} sequences that were never sent`)
    if (rejected > this.#rejected) logger.warn({ rejected }, 'host quarantined rows')
    this.#rejected = rejected
    const crowded = this.#now() - this.#rebornAt >= REBIRTH_EACH_MS
    if (crowded && delivery.needsRebirth(acknowledgement, spool.stats().oldest)) {
      this.#rebornAt = this.#now()
      session.rebirth()
    }
    this.pump()
  }

  /** Sends as much as window and network allow, in turns. */
  pump(): void {
    if (this.#turn) return
    this.#turn = true
    let sent = 0
    try {
      while (sent < ROWS_PER_TURN && this.#sendNext()) sent += 1
    } finally {
      this.#turn = false
    }
    if (sent === ROWS_PER_TURN) setImmediate(() => this.pump())
  }

  #sendNext(): boolean {
    const { delivery, spool, session } = this.#deps
    if (!session.online || session.congested) return false
    for (let want = delivery.wants(); want; want = delivery.wants()) {
      const page = spool.pending(want.priority, want.after, PAGE_ROWS)
      // What is held ends the backlog for now: it is told as accepted later.
      delivery.load(
        want.priority,
        page.filter((ref) => !this.#isHeld(ref)),
      )
    }
    const ref = delivery.next(this.#now())
    if (!ref) return false
    const row = spool.get(ref)
    if (row) this.#send(row)
    else delivery.gone(ref)
    return true
  }

  #send(row: SpoolRow): void {
    const { births, session, clock } = this.#deps
    const { sensor, measuredAt } = row.reading
    const historical = clock.now() - measuredAt > HISTORICAL_AFTER_MS
    if (sensor !== null) this.#lastSent.set(sensor, this.#now())
    session.send(sensor, (seq, now) => births.row(row, seq, historical, now))
  }

  async #tickForEver(): Promise<void> {
    try {
      for (;;) {
        await this.#deps.clock.sleep(TICK_MS, this.#stop.signal)
        this.#deps.delivery.expire(this.#now())
        this.#releaseOverdue()
        this.pump()
        this.#buryDevices()
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  #isHeld({ sequence, priority }: RowRef): boolean {
    return this.#held.has(priority) && sequence >= (this.#deps.hold?.fromSequence ?? 0)
  }

  #releaseOverdue(): void {
    const { hold } = this.#deps
    if (!hold || this.#held.size === 0) return
    const overdue = [...this.#held].filter((priority) => hold.untilMs[priority] <= this.#now())
    if (overdue.length > 0) this.release(overdue)
  }

  #buryDevices(): void {
    for (const device of this.#down) {
      if (this.#now() - (this.#lastSent.get(device) ?? Number.NEGATIVE_INFINITY) < LINGER_MS) continue
      this.#deps.session.deviceDown(device)
    }
  }

  #now(): Millis {
    return this.#deps.clock.monotonic()
  }
}
