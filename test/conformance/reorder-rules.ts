/** Statements about the Reorder Timeout: a gap is waited for, then a rebirth is asked for, and neither sooner nor else. */
import { peekPayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { parseTopic } from '@minewarden/protocol/topics.ts'
import type { Report } from './report.ts'
import type { Packet } from './trace.ts'

interface Flow {
  expected: number
  readonly missing: Set<number>
  gapAt: number | null
  /** When the last gap began that was filled in time. */
  filled: number | null
}

export class ReorderRules {
  readonly #report: Report
  readonly #timeoutMs: number
  readonly #graceMs: number
  readonly #flows = new Map<string, Flow>()

  constructor(report: Report, timeoutMs: number, graceMs: number) {
    this.#report = report
    this.#timeoutMs = timeoutMs
    this.#graceMs = graceMs
  }

  delivered({ topic, payload, at, client }: Packet & { kind: 'deliver' }): void {
    this.tick(at, client)
    const [descriptor, type, seq] = read(topic, payload)
    if (type === 'NBIRTH') this.#flows.set(descriptor, { expected: 1, missing: new Set(), gapAt: null, filled: null })
    const flow = this.#flows.get(descriptor)
    if (!flow || seq === null || type === 'NBIRTH') return
    if (flow.missing.delete(seq)) {
      if (flow.missing.size > 0) return
      flow.filled = flow.gapAt
      flow.gapAt = null
      return
    }
    for (let each = flow.expected; each !== seq; each = (each + 1) % 256) flow.missing.add(each)
    if (flow.missing.size > 0) flow.gapAt ??= at
    flow.expected = (seq + 1) % 256
  }

  /** The host asks this node for a rebirth. */
  asked(descriptor: string, at: number): void {
    const flow = this.#flows.get(descriptor)
    if (!flow) return
    if (flow.gapAt !== null && at < flow.gapAt + this.#timeoutMs)
      this.#report.violate('reorder early', 'asks before the timeout')
    if (flow.gapAt === null && flow.filled !== null && at <= flow.filled + this.#timeoutMs + this.#graceMs)
      this.#report.violate('reorder filled', 'asks although what was missing came')
    this.#flows.delete(descriptor)
  }

  tick(at: number, client: string): void {
    for (const [descriptor, { gapAt }] of this.#flows) {
      if (gapAt === null || at <= gapAt + this.#timeoutMs + this.#graceMs) continue
      this.#report.violate('reorder expired', `${descriptor}: does not ask for a rebirth`, client)
      this.#flows.delete(descriptor)
    }
  }
}

/** Descriptor, type and sequence of a message of an edge node. */
function read(topic: string, payload: Uint8Array): [string, string, number | null] {
  try {
    const parsed = parseTopic(topic)
    if (parsed.kind === 'state' || parsed.type === 'NDEATH' || parsed.type.endsWith('CMD')) return ['', '', null]
    return [`${parsed.group}/${parsed.node}`, parsed.type, peekPayload(payload).seq ?? null]
  } catch {
    return ['', '', null]
  }
}
