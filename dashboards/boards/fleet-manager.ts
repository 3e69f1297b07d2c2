import type { Board } from '../board.ts'
import { NEUTRAL, worseBelow, worseFrom } from '../colours.ts'
import { figure, lines, type Panel, table } from '../panel.ts'
import { column, newest, overTime } from '../query.ts'
import { both, type Text } from '../text.ts'
import { NOT_WRITTEN } from './common.ts'

const BY_HOST = { by: ['host'] } as const
type Named = readonly [string, Text]
const shown = (title: Text, what: Text, unit: string, fields: readonly Named[], rest: Partial<Panel> = {}): Panel =>
  lines({
    ...{ title, what, unit, noData: NOT_WRITTEN, thresholds: NEUTRAL },
    queries: [
      overTime(
        'fleetManager',
        fields.map(([field, name]) => column(`max("${field}")`, name)),
        BY_HOST,
      ),
    ],
    ...rest,
  })

/** Counters, as what came in a second; a restart counts from zero and is left out. */
const rates = (title: Text, what: Text, fields: readonly Named[]): Panel =>
  lines({
    ...{ title, what, unit: 'cps', noData: NOT_WRITTEN, thresholds: NEUTRAL },
    queries: [
      overTime(
        'fleetManager',
        fields.map(([field, name]) => column(`non_negative_derivative(max("${field}"), 1s)`, name)),
        BY_HOST,
      ),
    ],
  })

/** The fleet manager itself. */
export const FLEET_MANAGER: Board = {
  id: 'fleet-manager',
  title: both('平台自身', 'Fleet manager'),
  question: both('平台自己健康吗，跟得上吗？', 'Is the fleet manager well, and does it keep up?'),
  variables: [],
  back: '6h',
  page: '/',
  panels: [
    table({
      title: both('版本与规模', 'Version and size'),
      what: both('版本、运行时长与管理规模。', 'Its version, how long it runs, and for how much.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, width: 16, height: 4 },
      queries: [
        newest(
          'fleetManager',
          [
            ['version', both('版本', 'version')],
            ['uptimeS', both('运行', 'uptime'), 's'],
            ['sites', both('矿点', 'sites')],
            ['gateways', both('网关', 'gateways')],
            ['gatewaysOnline', both('在线网关', 'gateways online')],
          ],
          BY_HOST,
        ),
      ],
    }),
    figure({
      title: both('磁盘剩余', 'Disk left'),
      what: both('数据目录所在磁盘的剩余空间。', 'Free where its data lies.'),
      ...{ unit: 'bytes', noData: NOT_WRITTEN, thresholds: worseBelow(20e9, 5e9), width: 4 },
      queries: [newest('fleetManager', [['diskFreeBytes', both('剩余', 'free')]])],
    }),
    figure({
      title: both('被拒数据点', 'Points refused'),
      what: both('数据库永远不收的点：查日志中的原因。', 'Points that the database will never take: the log says why.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(1), width: 4 },
      queries: [newest('fleetManager', [['pointsRefused', both('被拒', 'refused')]])],
    }),
    shown(both('入库', 'Rows committed'), both('每秒提交的行。', 'Rows committed a second.'), 'cps', [
      ['rowsPerS', both('行', 'rows')],
    ]),
    shown(
      both('待处理', 'Rows that wait'),
      both(
        '检测、历史与探头看板落后多少行：应接近零。',
        'How far detection, history and the board of probes are behind: near zero is normal.',
      ),
      'none',
      [
        ['detectionLagRows', both('检测', 'detection')],
        ['historyLagRows', both('历史', 'history')],
        ['probesLagRows', both('探头', 'probes')],
      ],
      { thresholds: worseFrom(10_000, 1_000_000) },
    ),
    rates(both('收到的消息', 'Messages'), both('收到与提交的速率。', 'What comes in, and what is committed.'), [
      ['messages', both('消息', 'messages')],
      ['rows', both('行', 'rows')],
      ['duplicates', both('重复', 'duplicates')],
      ['commits', both('提交', 'commits')],
      ['rebirthRequests', both('请求重报', 'rebirths asked for')],
    ]),
    rates(both('没有收下的', 'What was not taken'), both('正常时全为零。', 'All zero is normal.'), [
      ['postponed', both('推迟', 'postponed')],
      ['overflow', both('溢出', 'overflow')],
      ['rejected', both('拒收', 'rejected')],
      ['undecodable', both('无法解码', 'undecodable')],
      ['unknownGateway', both('未知网关', 'unknown gateway')],
      ['badTopic', both('错误主题', 'bad topic')],
      ['ignored', both('忽略', 'ignored')],
      ['failedCommits', both('提交失败', 'failed commits')],
    ]),
    rates(
      both('写入历史', 'Into the history'),
      both('写入、重试与重算。', 'Points taken, writes tried again, windows computed again.'),
      [
        ['pointsWritten', both('数据点', 'points')],
        ['writeFailures', both('重试', 'tried again')],
        ['rewrittenWindows', both('重算窗口', 'windows again')],
      ],
    ),
    shown(both('内存', 'Memory'), both('常驻内存与对象内存。', 'Resident, and of objects.'), 'bytes', [
      ['rssBytes', both('常驻', 'resident')],
      ['heapBytes', both('对象', 'objects')],
    ]),
    shown(
      both('处理器', 'Processor'),
      both('占用一个核的比例。', 'Share of one core.'),
      'percentunit',
      [['cpuShare', both('占用', 'share')]],
      { thresholds: worseFrom(0.7, 0.9) },
    ),
    shown(
      both('事件循环延迟', 'Lateness of the event loop'),
      both('第 99 百分位：高则一切都慢。', '99th percentile: when it is high, everything is late.'),
      'ms',
      [['loopDelayP99Ms', both('延迟', 'late')]],
      { thresholds: worseFrom(100, 1000) },
    ),
  ],
}
