import type { Board } from '../board.ts'
import { BY_STATE, NEUTRAL, worseBelow, worseFrom } from '../colours.ts'
import { figure, lines, map, table } from '../panel.ts'
import { column, facts, inLanguage, newest, overTime, summedOverTime, total } from '../query.ts'
import { both } from '../text.ts'
import { NONE, NOT_WRITTEN, OF_COUNTY, OF_TOWNSHIP, stateMarks } from './common.ts'

const ofCounties = (field: string, name: ReturnType<typeof both>) => [
  total('county', [[field, name]], ['county'], { where: OF_COUNTY }),
]
const ofAlarms = (field: string, name: ReturnType<typeof both>) => [
  total('alarms', [[field, name]], ['county'], { where: OF_COUNTY }),
]
const share = (part: string, whole: string) => ({
  ...total('county', [], ['county'], { where: OF_COUNTY }),
  columns: [column(`sum("${part}") / sum("${whole}")`, both('比例', 'share'))],
  sql: () =>
    `SELECT sum("${part}") / sum("${whole}") AS "share" FROM (SELECT last("${part}") AS "${part}", last("${whole}") AS "${whole}" FROM "raw"."county" WHERE $timeFilter AND ${OF_COUNTY.join(' AND ')} GROUP BY "county") WHERE $timeFilter`,
})

/** The wall that somebody looks at around the clock. */
export const COUNTY: Board = {
  id: 'county',
  title: both('县域总览', 'County wall'),
  question: both('现在哪里需要人？', 'Where is a person needed at this moment?'),
  variables: ['county', 'township'],
  back: '6h',
  page: '/sites',
  marks: [stateMarks(OF_TOWNSHIP)],
  panels: [
    figure({
      title: both('矿点', 'Sites'),
      what: both('受监视的矿点总数。', 'All sites that are watched.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL },
      queries: ofCounties('sites', both('矿点', 'sites')),
    }),
    figure({
      title: both('复采', 'Reopened'),
      what: both(
        '判定为复采的矿点：立即打开矿点看板核对理由。',
        'Sites judged reopened: open each and read its reasons.',
      ),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(1, 1) },
      queries: ofCounties('reopened', both('复采', 'reopened')),
    }),
    figure({
      title: both('疑似', 'Suspected'),
      what: both('有独立证据、尚不足以下令的矿点。', 'Sites with evidence that may not ground an order yet.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(1) },
      queries: ofCounties('suspected', both('疑似', 'suspected')),
    }),
    figure({
      title: both('观察', 'Watch'),
      what: both('有异常、需要留意的矿点。', 'Sites with something unusual.'),
      unit: 'none',
      noData: NOT_WRITTEN,
      thresholds: [
        { from: null, colour: 'calm' },
        { from: 1, colour: 'watch' },
      ],
      queries: ofCounties('watch', both('观察', 'watch')),
    }),
    figure({
      title: both('失联矿点', 'Silent sites'),
      what: both('听不到任何传感器的矿点：沉默不是平安。', 'Sites of which no sensor is heard: silence is not calm.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(1, 3) },
      queries: ofCounties('sitesSilent', both('失联', 'silent')),
    }),
    figure({
      title: both('网关在线率', 'Gateways online'),
      what: both('已连接的网关占比。', 'Share of gateways that are connected.'),
      ...{ unit: 'percentunit', noData: NOT_WRITTEN, thresholds: worseBelow(0.98, 0.9) },
      queries: [share('gatewaysOnline', 'gateways')],
    }),
    figure({
      title: both('在办断电令', 'Open orders'),
      what: both('尚未结束的断电令。', 'Cut-off orders that have not ended.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL },
      queries: ofCounties('openOrders', both('在办', 'open')),
    }),
    figure({
      title: both('待确认告警', 'Alarms to acknowledge'),
      what: both('无人确认的告警；两分钟无人确认即升级。', 'Alarms that nobody has acknowledged.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(1, 5) },
      queries: ofAlarms('unacknowledged', both('待确认', 'unacknowledged')),
    }),
    map({
      title: both('矿点地图', 'Map of sites'),
      what: both(
        '颜色为矿点状态：绿封存、蓝观察、橙疑似、红复采。',
        'By state: green sealed, blue watch, amber suspected, red reopened.',
      ),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: BY_STATE, values: 'states' },
      queries: [
        newest(
          'site',
          [
            ['name', both('名称', 'name')],
            ['latitude', both('latitude', 'latitude'), 'degree'],
            ['longitude', both('longitude', 'longitude'), 'degree'],
            ['level', both('level', 'level')],
          ],
          { by: ['site'], where: OF_TOWNSHIP },
        ),
      ],
    }),
    table({
      title: both('不平静的矿点', 'Sites that are not calm'),
      what: both('状态高于封存的矿点，点矿点号可打开看板。', 'Sites above sealed; the site leads to its dashboard.'),
      ...{ unit: 'none', noData: both('全部封存', 'all are sealed'), thresholds: BY_STATE, width: 10, height: 7 },
      queries: [
        newest(
          'site',
          [
            ['name', both('名称', 'name')],
            ['level', both('状态', 'state'), 'states'],
            ['probability', both('概率', 'probability'), 'percentunit'],
            ['sinceMs', both('自', 'since'), 'dateTimeAsIso'],
            ['openOrders', both('断电令', 'orders')],
            ['permitted', both('有许可', 'permitted'), 'flags'],
          ],
          { by: ['site'], where: OF_TOWNSHIP, keep: '"level" > 0' },
        ),
      ],
    }),
    table({
      title: both('有传感器故障的矿点', 'Sites with sensors in trouble'),
      what: both('传感器离线或异常的矿点及其原因。', 'Sites with sensors away or not ok, and why.'),
      ...{ unit: 'none', noData: both('全部正常', 'all are well'), thresholds: worseFrom(1, 3), width: 10, height: 7 },
      queries: [
        newest(
          'site',
          [
            ['name', both('名称', 'name')],
            ['sensorsTroubled', both('故障', 'in trouble')],
            ['sensors', both('共', 'of')],
            ['silentS', both('静默', 'silent'), 's'],
            ['silence', both('原因', 'reason')],
          ],
          { by: ['site'], where: OF_TOWNSHIP, keep: '"sensorsTroubled" > 0' },
        ),
      ],
    }),
    lines({
      title: both('各状态矿点数', 'Sites by state'),
      what: both('各状态的矿点随时间的变化。', 'How many sites were in each state.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL, stacked: true },
      queries: [
        summedOverTime(
          'county',
          [
            ['reopened', both('复采', 'reopened')],
            ['suspected', both('疑似', 'suspected')],
            ['watch', both('观察', 'watch')],
            ['sealed', both('封存', 'sealed')],
          ],
          'county',
          { where: OF_COUNTY },
        ),
      ],
      colours: { reopened: 'danger', suspected: 'warning', watch: 'watch', sealed: 'calm' },
    }),
    lines({
      title: both('设备健康', 'Health of the fleet'),
      what: both('在线的网关与传感器、故障的传感器。', 'Gateways and sensors online, sensors in trouble.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL },
      queries: [
        summedOverTime(
          'county',
          [
            ['gatewaysOnline', both('在线网关', 'gateways online')],
            ['sensors', both('传感器', 'sensors')],
            ['sensorsOnline', both('在线传感器', 'sensors online')],
            ['sensorsTroubled', both('故障传感器', 'sensors in trouble')],
          ],
          'county',
          { where: OF_COUNTY },
        ),
      ],
      colours: {
        'gateways online': 'watch',
        sensors: 'over',
        'sensors online': 'calm',
        'sensors in trouble': 'danger',
      },
    }),
    lines({
      title: both('告警负荷', 'Alarm load'),
      what: both(
        '十分钟内新增告警：超过十条即为告警洪水，先查共同原因。',
        'Alarms raised within ten minutes: more than ten are a flood; look for one cause.',
      ),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: worseFrom(5, 10) },
      queries: [
        overTime('alarms', [column('max("raisedIn10Min")', both('十分钟新增', 'raised in 10 min'))], {
          by: ['county'],
          where: OF_COUNTY,
        }),
      ],
    }),
    lines({
      title: both('未了结的告警', 'Alarms that stand'),
      what: both('存续、搁置及超过一天的告警。', 'Standing, shelved, and older than a day.'),
      ...{ unit: 'none', noData: NOT_WRITTEN, thresholds: NEUTRAL },
      queries: [
        summedOverTime(
          'alarms',
          [
            ['standing', both('存续', 'standing')],
            ['unacknowledged', both('待确认', 'unacknowledged')],
            ['shelved', both('搁置', 'shelved')],
            ['stale', both('超过一天', 'older than a day')],
          ],
          'county',
          { where: OF_COUNTY },
        ),
      ],
      colours: { standing: 'watch', unacknowledged: 'danger', shelved: 'over', 'older than a day': 'warning' },
    }),
    figure({
      title: both('最久未确认', 'Longest unacknowledged'),
      what: both('最早一条无人确认的告警已等待多久。', 'How long the oldest alarm waits for a person.'),
      ...{ unit: 's', noData: NOT_WRITTEN, thresholds: worseFrom(60, 120), width: 4, height: 9 },
      queries: ofAlarms('longestUnacknowledgedS', both('等待', 'waits')),
    }),
    table({
      title: both('最近的状态变化', 'Latest changes of state'),
      what: both('每次状态变化与理由。', 'Each change of state with its reasons.'),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL, width: 20 },
      queries: [
        inLanguage(
          facts(
            'stateChange',
            [
              ['site', both('矿点', 'site')],
              ['level', both('状态', 'state'), 'states'],
              ['probability', both('概率', 'probability'), 'percentunit'],
              ['independentKinds', both('独立证据', 'independent kinds')],
              ['orderGrade', both('可下令', 'order grade'), 'flags'],
              ['late', both('迟到', 'late'), 'flags'],
              ['reasons', both('理由', 'reasons')],
            ],
            { where: OF_TOWNSHIP, limit: 50 },
          ),
        ),
      ],
    }),
    table({
      title: both('告警记录', 'Life of alarms'),
      what: both('告警的每一步：谁、何时、为何。', 'Each step of an alarm: who, when, why.'),
      ...{ unit: 'none', noData: NONE, thresholds: NEUTRAL },
      queries: [
        facts(
          'alarm',
          [
            ['site', both('矿点', 'site')],
            ['alarm', both('告警', 'alarm')],
            ['code', both('事由', 'of')],
            ['priority', both('级别', 'priority')],
            ['state', both('状态', 'state')],
            ['by', both('经手', 'by')],
            ['reason', both('原因', 'reason')],
            ['sinceRaiseS', both('距发生', 'since raised'), 's'],
          ],
          { where: OF_TOWNSHIP, limit: 50 },
        ),
      ],
    }),
  ],
}
