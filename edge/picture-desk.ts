/**
 * Looks at a camera's pictures beside everything else: one at a time, the newest first, so that a camera that sends them
 * faster than they can be looked at loses those in between and holds up nobody. A picture is forgotten once it was seen.
 */
import type { Snapshot } from '@minewarden/hardware/contract.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { GreyFrame } from './core/image/frame.ts'
import type { Logger } from './core/ports.ts'

/** Turns a camera's JPEG into a small grey picture. @throws EdgeError such as `picture-unreadable` */
export type Look = (jpeg: Uint8Array) => Promise<Omit<GreyFrame, 'kind' | 'at' | 'clock' | 'clockErrorMs'>>

/** Of pictures that cannot be read in a row, each so-manieth is logged. */
const LOGGED_EACH = 100

export interface PictureDeskDeps {
  readonly look: Look
  readonly logger: Logger
  readonly sensor: SensorId
  readonly seen: (frame: GreyFrame) => void
}

export class PictureDesk {
  readonly #deps: PictureDeskDeps
  #isBusy = false
  #next: Snapshot | null = null
  #unreadable = 0
  /** Pictures that a newer one replaced before they were looked at. */
  passedOver = 0

  constructor(deps: PictureDeskDeps) {
    this.#deps = deps
  }

  /** Returns at once. */
  show(snapshot: Snapshot): void {
    if (this.#next) this.passedOver += 1
    this.#next = snapshot
    if (!this.#isBusy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    while (this.#next) {
      const snapshot = this.#next
      this.#next = null
      await this.#look(snapshot)
    }
    this.#isBusy = false
  }

  async #look({ jpeg, at, clock, clockErrorMs }: Snapshot): Promise<void> {
    const { look, logger, sensor, seen } = this.#deps
    try {
      const picture = await look(jpeg)
      this.#unreadable = 0
      const worth = clockErrorMs === undefined ? { clock } : { clock, clockErrorMs }
      seen({ ...picture, kind: 'frame', at, ...worth })
    } catch (error) {
      if (this.#unreadable % LOGGED_EACH === 0)
        logger.warn({ sensor, reason: (error as Error).message, bytes: jpeg.length }, 'a picture cannot be looked at')
      this.#unreadable += 1
    }
  }
}
