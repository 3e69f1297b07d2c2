import { KNOWN_STATUSES } from '../../cloud/core/probes/online-rate.ts'
import type { Board } from '../board.ts'
import { NEUTRAL, worseBelow } from '../colours.ts'
import { figure, lines, table } from '../panel.ts'
import { column, newest, overTime } from '../query.ts'
import { both, type Text } from '../text.ts'
import { NOT_WRITTEN, OF_TOWNSHIP } from './common.ts'

const STATUS_NAMES: { readonly [S in (typeof KNOWN_STATUSES)[number]]: Text } = {
  online: both('在线', 'online'),
  offline: both('离线', 'offline'),
  occluded: both('遮挡', 'occluded'),
  moved: both('移位', 'moved'),
  dark: both('黑屏', 'dark'),
  frozen: both('画面冻结', 'frozen'),
  tampered: both('被破坏', 'tampered'),
  unknown: both('未知', 'unknown'),
}
const IN_COUNTY = [`"scope" = 'county'`, '"code" =~ /^${county:regex}$/']
const IN_TOWNSHIP = [`"scope" = 'township'`, '"code" =~ /^${township:regex}$/']
const RATE = worseBelow(95, 90)

/** Camera probes: ten dead of 148 are 93.2 %. */
export const PROBES: Board = {
  id: 'probes',
  title: both('摄像探头', 'Probes'),
  question: both(
    '各片区的探头在线率是多少，缺在哪里？',
    'How many probes are online in each area, and where are they missing?',
  ),
  variables: ['county', 'township'],
  back: '24h',
  page: '/probes',
  panels: [
    figure({
      title: both('总在线率', 'Online of all'),
      what: both('全部登记探头的在线率。', 'Of all registered probes.'),
      ...{ unit: 'percent', noData: NOT_WRITTEN, thresholds: RATE, width: 6 },
      queries: [newest('probes', [['onlinePercent', both('在线率', 'online')]], { where: [`"scope" = 'all'`] })],
    }),
    figure({
      title: both('重点区域', 'Key areas'),
      what: both('重点区域探头的在线率。', 'Of the probes of key areas.'),
      ...{ unit: 'percent', noData: NOT_WRITTEN, thresholds: RATE, width: 6 },
      queries: [
        newest('probes', [['onlinePercent', both('在线率', 'online')]], {
          where: [`"scope" = 'area'`, `"code" = 'key'`],
        }),
      ],
    }),
    figure({
      title: both('一般区域', 'General areas'),
      what: both('一般区域探头的在线率。', 'Of the probes of general areas.'),
      ...{ unit: 'percent', noData: NOT_WRITTEN, thresholds: RATE, width: 6 },
      queries: [
        newest('probes', [['onlinePercent', both('在线率', 'online')]], {
          where: [`"scope" = 'area'`, `"code" = 'general'`],
        }),
      ],
    }),
    figure({
      title: both('登记探头', 'Registered probes'),
      what: both('全部登记探头数。', 'All registered probes.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, width: 6 },
      queries: [newest('probes', [['total', both('探头', 'probes')]], { where: [`"scope" = 'all'`] })],
    }),
    lines({
      title: both('各县在线率', 'Online by county'),
      what: both('所选各县探头的在线率。', 'Of the probes of each chosen county.'),
      ...{ unit: 'percent', noData: NOT_WRITTEN, thresholds: RATE, range: [0, 100] },
      queries: [
        overTime('probes', [column('mean("onlinePercent")', both('在线率', 'online'))], {
          by: ['code'],
          where: IN_COUNTY,
        }),
      ],
    }),
    lines({
      title: both('各状态探头数', 'Probes by status'),
      what: both('全部探头的状态。', 'What all probes are.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, stacked: true },
      queries: [
        overTime(
          'probes',
          KNOWN_STATUSES.map((status) => column(`max("${status}")`, STATUS_NAMES[status])),
          { where: [`"scope" = 'all'`] },
        ),
      ],
      colours: { online: 'calm', offline: 'over', tampered: 'danger', occluded: 'warning', unknown: 'plain' },
    }),
    table({
      title: both('各乡镇', 'Every township'),
      what: both('各乡镇的探头在线率。', 'Online rate of each township.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: RATE, width: 12 },
      queries: [
        newest(
          'probes',
          [
            ['onlinePercent', both('在线率', 'online'), 'percent'],
            ['online', both('在线', 'probes online')],
            ['total', both('登记', 'registered')],
          ],
          { by: ['code'], where: IN_TOWNSHIP },
        ),
      ],
    }),
    table({
      title: both('不在线的探头', 'Probes that are not online'),
      what: both('状态、原因与起始时间。', 'Status, cause, and since when.'),
      ...{ unit: 'none', noData: both('全部在线', 'all are online'), thresholds: NEUTRAL, width: 12 },
      queries: [
        newest(
          'probe',
          [
            ['status', both('状态', 'status')],
            ['cause', both('原因', 'cause')],
            ['sinceMs', both('自', 'since'), 'dateTimeAsIso'],
          ],
          {
            by: ['site', 'sensor'],
            where: OF_TOWNSHIP,
            keep: `"status" != 'online'`,
          },
        ),
      ],
    }),
  ],
}
