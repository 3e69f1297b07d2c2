/** One site's whole chain as real programs: gateway, a foreign broker, fleet manager, and a bad network between them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BadNetwork, openBadNetwork } from '../../support/bad-network.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { Program } from '../../support/program.ts'
import { Overhearer } from './overhearer.ts'

const SITE = '450324-0002'
const COUNTY = '450324'
const GATEWAY = 'gw-1'

type Sensor = { readonly id: string; readonly kind: string }
const numbered = (kind: string, count: number): Sensor[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${kind}-${i + 1}`, kind }))
/** Many for one site, so that rows come fast. */
const SENSORS: readonly Sensor[] = [
  ...numbered('geophone', 2),
  ...numbered('air-pressure', 1),
  ...numbered('power-meter', 6),
  ...numbered('camera-probe', 1),
]

export interface ChainOptions {
  /** Moment at which the scenario begins; the site's time is the gateway's clock. */
  readonly startAt: number
  /** Arguments of Node that run a gateway, and a fleet manager, before the configuration. */
  readonly gatewayArgs?: readonly string[]
  readonly cloudArgs?: readonly string[]
}

export class Chain implements AsyncDisposable {
  readonly dir: string
  readonly broker: Mosquitto
  readonly overhearer: Overhearer
  /** Between gateway and broker, and between fleet manager and broker. */
  readonly networks: { readonly gateway: BadNetwork; readonly cloud: BadNetwork }
  readonly gateway: Program
  readonly cloud: Program
  readonly #startAt: number

  private constructor(dir: string, broker: Mosquitto, networks: Chain['networks'], options: ChainOptions) {
    this.dir = dir
    this.broker = broker
    this.networks = networks
    this.overhearer = new Overhearer(broker.url)
    this.#startAt = options.startAt
    const gatewayArgs = options.gatewayArgs ?? ['edge/minewarden-gateway.js', 'run', '--config']
    const cloudArgs = options.cloudArgs ?? ['cloud/main.ts']
    this.gateway = new Program({ args: [...gatewayArgs, join(dir, 'gateway.json')], logFile: join(dir, 'gateway.log') })
    this.cloud = new Program({ args: [...cloudArgs, join(dir, 'cloud.json')], logFile: join(dir, 'cloud.log') })
  }

  /** Everything is configured and the broker runs; gateway and fleet manager are still to be started. */
  static async prepare(options: ChainOptions): Promise<Chain> {
    const dir = mkdtempSync(join(tmpdir(), 'minewarden-chain-'))
    const broker = await startMosquitto()
    const networks = { gateway: await openBadNetwork(broker.port), cloud: await openBadNetwork(broker.port) }
    const chain = new Chain(dir, broker, networks, options)
    mkdirSync(chain.cloudDir)
    chain.#write('cloud', chain.#cloudConfig())
    chain.equip(SENSORS)
    return chain
  }

  get gatewayDir(): string {
    return join(this.dir, 'gateway')
  }

  get cloudDir(): string {
    return join(this.dir, 'cloud')
  }

  /** Hangs these sensors on the gateway, from its next start on. */
  equip(sensors: readonly Sensor[]): void {
    const startAt = new Date(this.#startAt).toISOString()
    this.#write('gateway', {
      gateway: GATEWAY,
      county: COUNTY,
      data: this.gatewayDir,
      uplink: { servers: [`mqtt://127.0.0.1:${this.networks.gateway.port}`], keepaliveS: 5 },
      drivers: [{ kind: 'simulated', scenario: 'reopening', seed: 11, startAt, sensors }],
      spool: { featureCommitMs: 1_000 },
      ring: { quotaMiB: 64 },
    })
  }

  #cloudConfig(): object {
    const site = { id: SITE, name: SITE, county: COUNTY, latitude: 25.968, longitude: 111.012 }
    return {
      dataDir: this.cloudDir,
      hostId: 'minewarden',
      http: { port: 0 },
      mqtt: { url: `mqtt://127.0.0.1:${this.networks.cloud.port}` },
      sites: [
        {
          ...site,
          closedOn: '2022-09-30',
          area: 'key',
          expectedLoads: [],
          permits: [],
          sensors: SENSORS.map((sensor) => ({ gateway: GATEWAY, ...sensor })),
          supplyPoints: [],
        },
      ],
      gateways: [{ id: GATEWAY, site: SITE, passwordSha256: '0'.repeat(64) }],
      orders: { issuer: { id: COUNTY, name: 'county' } },
    }
  }

  #write(name: string, config: object): void {
    writeFileSync(join(this.dir, `${name}.json`), JSON.stringify(config))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]()
    await this.cloud[Symbol.asyncDispose]()
    await this.overhearer[Symbol.asyncDispose]()
    await this.networks.gateway[Symbol.asyncDispose]()
    await this.networks.cloud[Symbol.asyncDispose]()
    await this.broker[Symbol.asyncDispose]()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** Sensors that say nothing once they have said what they are. */
export const QUIET: readonly Sensor[] = numbered('camera-probe', 1)
