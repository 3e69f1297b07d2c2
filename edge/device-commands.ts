import type { Actuation, SensorDriver } from '@minewarden/hardware/contract.ts'
import { commandedOutput, OutputForS } from '@minewarden/protocol/device-command.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import type { Logger } from './core/ports.ts'

export interface DeviceCommandsDeps {
  readonly drivers: readonly Pick<SensorDriver, 'sensor' | 'outputs' | 'actuate'>[]
  readonly logger: Logger
  readonly badInput: (reason: string) => void
  /** Ends what is still under way. */
  readonly signal: AbortSignal
}

/** Orders that may wait for the answer of a board; more are refused. */
const MOST_UNDER_WAY = 8
/** An order to end a siren is not refused because others wait before it, but for a flood. */
const MOST_ENDING_UNDER_WAY = 64

/**
 * Carries out DCMDs: siren and strobe, nothing else. What they did shows in the sensor's next reading; what is refused is
 * counted, with its reason in the log.
 */
export class DeviceCommands {
  readonly #deps: DeviceCommandsDeps
  #underWay = 0

  constructor(deps: DeviceCommandsDeps) {
    this.#deps = deps
  }

  /** One metric of a DCMD. Returns at once. */
  received(device: string, name: string, value: MetricValue | null): void {
    const refuse = (reason: string) => this.#deps.badInput(`command ${name.slice(0, 64)} of ${device}: ${reason}`)
    const order = this.#understand(device, name, value)
    if (typeof order === 'string') {
      refuse(order)
      return
    }
    this.#underWay++
    void order
      .actuate(order.actuation, this.#deps.signal)
      .then((result) => {
        if (result.kind === 'refused') refuse(result.reason)
        else this.#deps.logger.info({ device, ...order.actuation }, 'output switched by command')
      })
      .finally(() => {
        this.#underWay--
      })
  }

  /** The order, or why it is refused. */
  #understand(device: string, name: string, value: MetricValue | null): Order | string {
    const output = commandedOutput(name)
    const driver = this.#deps.drivers.find(({ sensor }) => sensor === device)
    if (!driver) return 'no such sensor'
    if (output === null) return 'no such command'
    if (!driver.actuate || !driver.outputs?.includes(output)) return `no ${output} is wired`
    const forS = check(OutputForS, value)
    if (!forS.ok) return describeProblems(forS.problems)
    if (this.#underWay >= (forS.value > 0 ? MOST_UNDER_WAY : MOST_ENDING_UNDER_WAY)) return 'too many commands at once'
    return { actuate: driver.actuate, actuation: { output, on: forS.value > 0, forMs: forS.value * 1000 } }
  }
}

interface Order {
  readonly actuate: NonNullable<SensorDriver['actuate']>
  readonly actuation: Actuation
}
