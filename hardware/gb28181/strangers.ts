/** Strangers that are named; later ones push out the oldest. */
const REMEMBERED = 8
const LONGEST_NAME = 32

/** Who knocks and is not known: a technician finds the number that was mistyped. */
export class Strangers {
  readonly #names = new Map<string, string>()

  /** Both from the other side; what is no number of a device is kept short and plain. */
  add(id: string, host: string): void {
    const name = id.replace(/[^\w.-]/g, '?').slice(0, LONGEST_NAME)
    this.#names.delete(name)
    this.#names.set(name, host)
    if (this.#names.size > REMEMBERED) this.#names.delete(this.#names.keys().next().value ?? '')
  }

  /** `34020000001320000009 at 192.168.1.64, …`; empty: nobody. */
  describe(): string {
    return [...this.#names].map(([name, host]) => `${name} at ${host}`).join(', ')
  }
}
