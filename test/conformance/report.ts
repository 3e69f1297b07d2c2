import { CHECKS } from './assertions.ts'
import type { Packet } from './trace.ts'

/** A statement of the specification that a trace breaks. */
export interface Violation {
  /** Id in the specification; `extra-` for one of our own. */
  readonly id: string
  /** The check that found it. */
  readonly check: string
  readonly at: number
  readonly client: string
  readonly what: string
}

/** Collects violations; knows which packet is being judged. */
export class Report {
  readonly violations: Violation[] = []
  #packet: Packet | null = null

  judging(packet: Packet): void {
    this.#packet = packet
  }

  violate(check: string, what: string, client = this.#packet?.client ?? ''): void {
    const ids = CHECKS[check]
    if (!ids) throw new Error(`no such check: ${check}`)
    const at = this.#packet?.at ?? 0
    for (const id of ids) this.violations.push({ id, check, at, client, what })
  }

  /** Violates unless `holds`. */
  demand(holds: boolean, check: string, what: string): void {
    if (!holds) this.violate(check, what)
  }
}
