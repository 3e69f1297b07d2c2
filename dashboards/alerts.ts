/**
 * Alert rules. Each asks a figure that the fleet manager computed, of the last minutes: what is silent is a number there,
 * so that no rule rests on missing data. No `$` stands in them: Grafana replaces variables of the environment in files
 * of rules.
 */
import { both, type Text } from './text.ts'

export interface AlertRule {
  readonly id: string
  readonly title: Text
  /** What to do. */
  readonly action: Text
  readonly severity: 'critical' | 'warning'
  readonly sql: string
  readonly when: 'gt' | 'lt'
  readonly than: number
  /** How long it has to hold. */
  readonly lasting: string
  /** The board that shows it. */
  readonly board: string
}

/** Written each minute: five minutes bridge a restart of the fleet manager. */
const recent = (field: string, from: string, by: string): string =>
  `SELECT last("${field}") AS "value" FROM "raw"."${from}" WHERE time > now() - 5m GROUP BY ${by}`
const bySite = '"county", "site"'
const byGateway = '"county", "site", "gateway"'
const bySupplier = '"county", "supplier"'

export const ALERT_RULES: readonly AlertRule[] = [
  {
    id: 'site-suspected',
    title: both('矿点疑似复采', 'A site is suspected'),
    action: both('打开矿点看板，核对理由。', "Open the site's dashboard and read its reasons."),
    ...{ severity: 'warning', sql: recent('level', 'site', bySite), when: 'gt', than: 1, lasting: '0s', board: 'site' },
  },
  {
    id: 'site-reopened',
    title: both('矿点判定复采', 'A site is judged reopened'),
    action: both('两名值班人员核对证据，决定是否断电。', 'Two people on watch check the evidence and decide on a cut.'),
    ...{
      severity: 'critical',
      sql: recent('level', 'site', bySite),
      when: 'gt',
      than: 2,
      lasting: '0s',
      board: 'site',
    },
  },
  {
    id: 'site-silent',
    title: both('矿点失联', 'A site is silent'),
    action: both('矿点看板“许可与静默”写明原因。', 'The site dashboard says why, under permits and silence.'),
    ...{
      severity: 'warning',
      sql: recent('silentS', 'site', bySite),
      when: 'gt',
      than: 900,
      lasting: '2m',
      board: 'site',
    },
  },
  {
    id: 'gateway-away',
    title: both('网关离线', 'A gateway is away'),
    action: both(
      '看网关看板：离线起始时间与同片区其他网关。',
      'See since when, and whether its neighbours are away too.',
    ),
    ...{
      severity: 'warning',
      sql: recent('online', 'gateway', byGateway),
      when: 'lt',
      than: 1,
      lasting: '15m',
      board: 'gateways',
    },
  },
  {
    id: 'cut-ineffective',
    title: both('断电无效', 'A cut has no effect'),
    action: both(
      '派人到现场核查发电机、私自复电、借电。',
      'Send somebody: generator, self-reconnection, borrowed supply.',
    ),
    ...{
      severity: 'critical',
      sql: recent('ineffective', 'orders', bySupplier),
      when: 'gt',
      than: 0,
      lasting: '0s',
      board: 'orders',
    },
  },
  {
    id: 'supplier-late',
    title: both('供电企业逾期未答复', 'A power company is late'),
    action: both('电话催办。', 'Call them.'),
    ...{
      severity: 'critical',
      sql: recent('longestWaitS', 'orders', bySupplier),
      when: 'gt',
      than: 1800,
      lasting: '1m',
      board: 'orders',
    },
  },
  {
    id: 'store-nearly-full',
    title: both('网关存储将满', 'A store is nearly full'),
    action: both('恢复上行链路，否则将丢数据。', 'Restore its uplink before it has to give data up.'),
    ...{
      severity: 'warning',
      sql: recent('spoolFill', 'gateway', byGateway),
      when: 'gt',
      than: 0.8,
      lasting: '5m',
      board: 'gateways',
    },
  },
  {
    id: 'certificate-near-expiry',
    title: both('网关证书将过期', 'A certificate expires soon'),
    action: both('换发证书。', 'Issue another.'),
    ...{
      severity: 'warning',
      sql: recent('certificateDaysLeft', 'gateway', byGateway),
      when: 'lt',
      than: 30,
      lasting: '10m',
      board: 'gateways',
    },
  },
  {
    id: 'alarm-flood',
    title: both('告警洪水', 'A flood of alarms'),
    action: both('先找共同原因。', 'Look for one cause.'),
    ...{
      severity: 'warning',
      sql: recent('raisedIn10Min', 'alarms', '"county"'),
      when: 'gt',
      than: 10,
      lasting: '0s',
      board: 'county',
    },
  },
  {
    id: 'disk-nearly-full',
    title: both('平台磁盘将满', "The fleet manager's disk is nearly full"),
    action: both('清理或扩容。', 'Make room.'),
    ...{
      severity: 'critical',
      sql: recent('diskFreeBytes', 'fleetManager', '"host"'),
      when: 'lt',
      than: 5e9,
      lasting: '5m',
      board: 'fleet-manager',
    },
  },
  {
    id: 'fleet-manager-silent',
    title: both('平台沉默', 'The fleet manager is silent'),
    action: both('检查平台与数据库是否运行。', 'See whether it and the database run.'),
    severity: 'critical',
    // Windows without a figure count as zero, so that this too is a number.
    sql: 'SELECT count("uptimeS") AS "value" FROM "raw"."fleetManager" WHERE time > now() - 10m AND time < now() - 1m GROUP BY time(3m) fill(0)',
    ...{ when: 'lt', than: 1, lasting: '3m', board: 'fleet-manager' },
  },
]
