import { realpath } from 'node:fs/promises'

/**
 * Which ports the drivers of this process hold or are configured for, so that one that searches for its device does not
 * talk to another's. Between processes the lock on the port serves.
 */
export class TakenPorts {
  /** Ports in use, without links. */
  readonly #held = new Set<string>()
  /** Paths that belong to one driver, whether it has them open or not. */
  readonly #reserved = new Map<string, object>()

  /** Keeps a path for one owner for good: the port that a configuration names. */
  reserve(path: string, owner: object): void {
    this.#reserved.set(path, owner)
  }

  /** Takes a port (its path without links); `null` when it is in use or is another's. What it gives lets go of it. */
  async take(device: string, owner: object): Promise<(() => void) | null> {
    for (const [path, holder] of this.#reserved) {
      if (holder !== owner && (await realpath(path).catch(() => path)) === device) return null
    }
    if (this.#held.has(device)) return null
    this.#held.add(device)
    let isHeld = true
    return () => {
      if (isHeld) this.#held.delete(device)
      isHeld = false
    }
  }
}

/** One for the whole process, as the ports are. */
export const portsOfThisProcess = new TakenPorts()
