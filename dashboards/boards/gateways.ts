import type { Board } from '../board.ts'
import { NEUTRAL, worseBelow, worseFrom } from '../colours.ts'
import { lines, table } from '../panel.ts'
import { column, newest, overTime } from '../query.ts'
import { both } from '../text.ts'
import { NONE, NOT_WRITTEN, OF_GATEWAY } from './common.ts'

const BY_GATEWAY = { by: ['gateway'], where: OF_GATEWAY } as const
const DAY_S = 86_400

/** Gateways, and which of them wants a visit. */
export const GATEWAYS: Board = {
  id: 'gateways',
  title: both('网关', 'Gateways'),
  question: both('哪台网关要派人去？', 'Which gateway wants a visit?'),
  variables: ['county', 'township', 'gateway'],
  back: '24h',
  page: '/sites',
  panels: [
    lines({
      title: both('在线率', 'Online rate'),
      what: both('所选网关每一时段的平均在线率。', 'Mean share of the chosen gateways that were connected.'),
      ...{ unit: 'percentunit', noData: NOT_WRITTEN, thresholds: worseBelow(0.98, 0.9), range: [0, 1] },
      queries: [overTime('gateway', [column('mean("online")', both('在线率', 'online'))], { where: OF_GATEWAY })],
    }),
    table({
      title: both('离线网关', 'Gateways away'),
      what: both('未连接的网关及离线起始时间。', 'Gateways that are not connected, and since when.'),
      ...{
        unit: 'none',
        noData: both('全部在线', 'all are connected'),
        thresholds: worseFrom(1),
        width: 12,
        height: 8,
      },
      queries: [
        newest(
          'gateway',
          [
            ['online', both('在线', 'online'), 'flags'],
            ['sinceMs', both('自', 'since'), 'dateTimeAsIso'],
            ['silentS', both('静默', 'silent'), 's'],
          ],
          { by: ['site', 'gateway'], where: OF_GATEWAY, keep: '"online" = 0' },
        ),
      ],
    }),
    lines({
      title: both('暂存占用', 'Fill of the store'),
      what: both('待确认数据占网关存储的比例。', 'Share of its store that waits for acknowledgement.'),
      ...{ unit: 'percentunit', noData: NOT_WRITTEN, thresholds: worseFrom(0.5, 0.8), range: [0, 1] },
      queries: [overTime('gateway', [column('max("spoolFill")', both('占用', 'fill'))], BY_GATEWAY)],
    }),
    lines({
      title: both('距存满', 'Time to full'),
      what: both(
        '按最近一小时速度，存满还需多久；无线条即不在增长。',
        'At the pace of the last hour; no line: it is not filling.',
      ),
      unit: 's',
      noData: both('没有网关的暂存在增长', 'no store is filling'),
      thresholds: worseBelow(7 * DAY_S, DAY_S),
      queries: [overTime('gateway', [column('min("timeToFullS")', both('距存满', 'to full'))], BY_GATEWAY)],
    }),
    lines({
      title: both('时钟误差上界', 'Bound of clock error'),
      what: both('超过 50 毫秒的读数不参与多点定位。', 'Readings beyond 50 ms take no part in comparing sites.'),
      ...{ unit: 'ms', noData: NOT_WRITTEN, thresholds: worseFrom(50, 1000) },
      queries: [overTime('gateway', [column('max("clockErrorMs")', both('误差', 'error'))], BY_GATEWAY)],
    }),
    lines({
      title: both('从测量到入库', 'From measurement to commit'),
      what: both('最新实时读数的延迟。', 'Delay of the newest live reading.'),
      ...{ unit: 's', noData: NOT_WRITTEN, thresholds: worseFrom(10, 30) },
      queries: [overTime('gateway', [column('max("delayS")', both('延迟', 'delay'))], BY_GATEWAY)],
    }),
    table({
      title: both('网关一览', 'Every gateway'),
      what: both('版本、证书、传感器、时钟。', 'Version, certificate, sensors, clock.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, height: 12 },
      queries: [
        newest(
          'gateway',
          [
            ['online', both('在线', 'online'), 'flags'],
            ['version', both('版本', 'version')],
            ['certificateDaysLeft', both('证书剩余', 'certificate left'), 'd'],
            ['sensorsOnline', both('在线传感器', 'sensors online')],
            ['sensors', both('传感器', 'sensors')],
            ['clockQuality', both('时钟', 'clock'), 'clock'],
          ],
          { by: ['site', 'gateway'], where: OF_GATEWAY },
        ),
      ],
    }),
    lines({
      title: both('网关内存', "Gateways' memory"),
      what: both('网关程序的常驻内存。', 'Resident memory of the gateway program.'),
      ...{ unit: 'bytes', noData: NOT_WRITTEN, thresholds: worseFrom(150e6, 200e6) },
      queries: [overTime('health', [column('max("rssBytes")', both('内存', 'memory'))], BY_GATEWAY)],
    }),
    lines({
      title: both('网关处理器', "Gateways' processor"),
      what: both('占用一个核的比例。', 'Share of one core.'),
      ...{ unit: 'percentunit', noData: NOT_WRITTEN, thresholds: worseFrom(0.5, 0.8) },
      queries: [overTime('health', [column('mean("cpuShare")', both('占用', 'share'))], BY_GATEWAY)],
    }),
    lines({
      title: both('坏输入', 'Bad inputs'),
      what: both(
        '网关拒收的输入累计：陡升须查设备或线缆。',
        'Inputs that the gateway refused: a rise wants a look at devices and cables.',
      ),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL },
      queries: [overTime('health', [column('max("badInputs")', both('累计', 'total'))], BY_GATEWAY)],
    }),
    lines({
      title: both('缺口', 'Gaps'),
      what: both('网关放弃的行数，正常为零。', 'Rows that a gateway had to give up; none is normal.'),
      ...{ unit: 'none', noData: NONE, thresholds: worseFrom(1) },
      queries: [overTime('gap', [column('sum("rows")', both('行数', 'rows'))], BY_GATEWAY)],
    }),
  ],
}
