/** Moves what the ring has on disk when the time becomes known: planned first, so that a crash leaves no half of it. */
import { join, relative } from 'node:path'
import { instant } from '@minewarden/protocol/time.ts'
import type { Restamp, RingChannel } from './ring-channel.ts'
import type { RingDisk } from './ring-disk.ts'
import { finishPlan, type RestampPlan, readPlan, writePlan } from './ring-restamp.ts'

export interface RingRestamperDeps {
  readonly disk: RingDisk
  readonly dir: string
  /** Those of the ring, as they come. */
  readonly channels: ReadonlyMap<string, RingChannel>
  /** Told when files changed their length by so much. */
  readonly grown: (bytes: number) => void
}

export class RingRestamper {
  readonly #deps: RingRestamperDeps
  #plan: RestampPlan | null = null

  constructor(deps: RingRestamperDeps) {
    this.#deps = deps
  }

  /** Reads what a crash interrupted; {@link finish} carries it out. */
  async load(): Promise<void> {
    this.#plan = await readPlan(this.#deps.disk, this.#deps.dir)
  }

  /** Moves what waits at once; the files now, or at the next {@link finish} that the disk lets through. */
  async restamp(restamp: Restamp): Promise<void> {
    const { disk, dir, channels } = this.#deps
    // An earlier one that the disk refused comes first, or its plan would be lost.
    await this.finish()
    for (const channel of channels.values()) channel.restamp(restamp)
    const moves = [...channels.values()].flatMap((channel) => this.#moves(channel, restamp))
    if (moves.length === 0) return
    this.#plan = { ...restamp, moves }
    await writePlan(disk, dir, this.#plan)
    await this.finish()
  }

  /** Carries out what is planned and not done. */
  async finish(): Promise<void> {
    const plan = this.#plan
    if (!plan) return
    const { disk, dir, channels, grown } = this.#deps
    await finishPlan(disk, dir, plan, ({ from, to }, bytes) => {
      for (const { slices } of channels.values()) {
        const old = slices.all.find(({ path }) => path === join(dir, from))
        if (!old) continue
        slices.drop(old)
        slices.add({ path: join(dir, to), startAt: instant(old.startAt + plan.byMs), bytes, questionable: false })
        grown(bytes - old.bytes)
      }
    })
    this.#plan = null
  }

  #moves({ slices }: RingChannel, { sinceMs, byMs }: Restamp): { from: string; to: string }[] {
    const taken = new Set<string>()
    const below = (path: string) => relative(this.#deps.dir, path)
    return slices.all
      .filter(({ questionable, startAt }) => questionable && startAt >= Math.floor(sinceMs))
      .map(({ path, startAt }) => {
        const to = slices.freePath(instant(startAt + byMs), taken)
        taken.add(to)
        return { from: below(path), to: below(to) }
      })
  }
}
