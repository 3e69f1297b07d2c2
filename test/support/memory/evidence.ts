import { instant } from '@minewarden/protocol/time.ts'
import type { EvidenceReview, EvidenceService, EvidenceView } from '../../../cloud/core/evidence/evidence-port.ts'
import type { OrdersService } from '../../../cloud/core/ports.ts'
import { CloudError } from '../../../cloud/errors.ts'

const SHA = (digit: string) => digit.repeat(64)
const AT = instant(Date.UTC(2026, 2, 3, 15))
const SLICES = 600

/** A blast as a page draws it: quiet, a burst, its coda. */
const burst = (sign: number) =>
  Array.from({ length: SLICES }, (_, i) => {
    const strength = i < 120 ? 40 : 52_000 * Math.exp(-(i - 120) / 90) + 40
    return Math.round(sign * strength * (0.7 + 0.3 * Math.sin(i * 1.7)))
  })

/** The evidence of every order alike: a finding, readings, a waveform that came later. Reviews are kept. */
export function createMemoryEvidence(
  orders: Pick<OrdersService, 'get'>,
): EvidenceService & { readonly takenBy: string[] } {
  const reviews = new Map<string, EvidenceReview[]>()
  const takenBy: string[] = []
  const viewOf = (order: Parameters<EvidenceService['view']>[0]): EvidenceView => ({
    order,
    pieces: [
      { kind: 'finding', what: 'state finding', sha256: SHA('a'), size: null, frozenAt: null },
      { kind: 'readings', what: 'gw-1 geo-1 event: 12 readings', sha256: SHA('b'), size: 4096, frozenAt: AT },
      { kind: 'supplement', what: 'gw-1 geo-1 waveform: 3 readings', sha256: SHA('c'), size: 65_536, frozenAt: AT },
    ],
    contentSha256: SHA('d'),
    reviews: reviews.get(order) ?? [],
    reviewed: reviews.get(order)?.at(-1)?.verdict === 'sound',
  })
  return {
    takenBy,
    view: async (order) => (orders.get(order) === null ? null : viewOf(order)),
    piece: async (_order, sha256) => (sha256 === SHA('b') ? '{"reading":1}\n' : null),
    waveforms: async () =>
      ['HHZ', 'HHN', 'HHE'].map((channel) => ({
        ...{ gateway: 'gw-1', sensor: 'geo-1', channel, from: AT, to: instant(AT + 12_000) },
        ...{ lows: burst(-1), highs: burst(1) },
      })),
    async review(order, by, said) {
      if (said.contentSha256 !== SHA('d'))
        throw new CloudError('order-conflict', 'contentSha256: pieces have come since')
      const { id: user, name, department } = by
      const before = reviews.get(order) ?? []
      reviews.set(order, [...before, { number: before.length + 1, user, name, department, at: AT, ...said }])
      return viewOf(order)
    },
    async bundle(_order, by) {
      takenBy.push(by.id)
      return new Uint8Array(1024)
    },
  }
}
