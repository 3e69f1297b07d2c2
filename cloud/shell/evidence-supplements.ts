import type { GatewayId, OrderId } from '@minewarden/protocol/ids.ts'
import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { frozenWaveforms } from '../core/evidence/frozen-lines.ts'
import {
  partKey,
  SUPPLEMENT_FOR_MS,
  supplementOf,
  supplementWindow,
  unheardEvents,
} from '../core/evidence/supplement.ts'
import type { JournalWindow, Logger } from '../core/ports.ts'
import type { Stretch } from '../core/waveforms.ts'
import type { Records } from './records/database.ts'
import { freezeSupplement, readEvidence, readSupplements } from './records/evidence-repository.ts'
import { repeatEach } from './repeat.ts'

/** An order as far as its evidence is concerned. */
export interface SupplementedOrder {
  readonly id: OrderId
  readonly site: string
  readonly draftedAt: Instant
  readonly findingAt: Instant
  /** Hashes of the pieces that its document names. */
  readonly pieces: readonly { readonly what: string; readonly sha256: string }[]
}

export interface SupplementsDeps {
  readonly records: Records
  readonly journal: JournalWindow
  readonly gatewaysOf: (site: string) => readonly GatewayId[]
  readonly orders: () => readonly SupplementedOrder[]
  /** Asks a gateway; throws when it is not there. */
  readonly ask: (stretch: Stretch) => void
  readonly clock: Clock
  readonly logger: Logger
  readonly tickMs?: Millis
}

const DEFAULT_TICK_MS: Millis = 30_000
const MAX_ROWS = 4_000
/** Of one order; what comes beyond stays with the gateways. */
const MAX_SUPPLEMENTS = 64
/** Stretches that were asked for; forgotten all at once when full, then asked for once more. */
const MAX_ASKED = 1_000

/** Looks after the evidence of orders for some hours: asks for waveforms of events that did not come, and freezes what comes. */
export function createEvidenceSupplements(deps: SupplementsDeps) {
  const { records, journal, gatewaysOf, orders, ask, clock, logger } = deps
  const stop = new AbortController()
  const asked = new Set<string>()
  let running: Promise<void> | null = null

  const askFor = (order: SupplementedOrder, now: Instant): void => {
    const rows = journal.rowsOf({
      gateways: gatewaysOf(order.site),
      ...supplementWindow(order.findingAt),
      kinds: ['event', 'airEvent', 'vibration', 'air', 'waveform'],
      limit: MAX_ROWS,
    })
    for (const stretch of unheardEvents(rows, now)) {
      const key = [stretch.gateway, stretch.sensor, stretch.channel, stretch.from].join(' ')
      if (asked.has(key)) continue
      if (asked.size >= MAX_ASKED) asked.clear()
      asked.add(key)
      try {
        ask(stretch)
      } catch (error) {
        asked.delete(key)
        logger.debug({ order: order.id, error: String(error) }, 'no waveform could be asked for')
      }
    }
  }

  const supplement = async (order: SupplementedOrder, now: Instant): Promise<void> => {
    const later = await readSupplements(records, order.id)
    if (later.length >= MAX_SUPPLEMENTS) return
    const named = [...order.pieces, ...later].filter(({ what }) => what.includes(' waveform:'))
    const contents = await Promise.all(named.map(({ sha256 }) => readEvidence(records, sha256)))
    const frozen = new Set(
      frozenWaveforms(contents.flatMap((content) => content ?? [])).map(({ gateway, sensor, channel, fromMs, part }) =>
        partKey(gateway, sensor, channel, fromMs, part),
      ),
    )
    const rows = journal.rowsOf({
      gateways: gatewaysOf(order.site),
      ...supplementWindow(order.findingAt),
      kinds: ['waveform'],
      limit: MAX_ROWS,
    })
    const pieces = supplementOf(rows, frozen, now).slice(0, MAX_SUPPLEMENTS - later.length)
    if (pieces.length > 0) await freezeSupplement(records, order, pieces, now)
  }

  const tend = async (): Promise<void> => {
    const now = clock.now()
    for (const order of orders()) {
      if (order.draftedAt < instant(now - SUPPLEMENT_FOR_MS)) continue
      askFor(order, now)
      await supplement(order, now)
    }
  }

  return {
    /** One look at every order; for `start` and for tests. */
    tend,
    start() {
      const deps_ = { clock, logger, signal: stop.signal }
      running ??= repeatEach(deps.tickMs ?? DEFAULT_TICK_MS, tend, deps_)
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('stopping'))
      await running
    },
  }
}
