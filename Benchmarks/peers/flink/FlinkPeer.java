// The jobs of EngineJobs, run by Apache Flink on the same stream.
// usage: java -cp <flink's jars>:. FlinkPeer JOB ELEMENTS RATE
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.*;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.*;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.*;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;

public class FlinkPeer {
  static final int KEYS = 100_000, VALUES = 1000;

  /** The stream: Zipf keys, exponent 1, and uniform values, from SplitMix64; EngineJobs has the same. */
  static int[] keys, values;

  static void generate(int count) {
    double[] sums = new double[KEYS];
    double sum = 0;
    for (int rank = 1; rank <= KEYS; rank++) sums[rank - 1] = sum += 1.0 / rank;
    keys = new int[count];
    values = new int[count];
    long[] state = {42};
    for (int i = 0; i < count; i++) {
      double point = (next(state) >>> 11) * 0x1p-53 * sums[KEYS - 1];
      int low = 0, high = KEYS - 1;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (sums[middle] > point) high = middle; else low = middle + 1;
      }
      keys[i] = low;
      values[i] = (int) Long.remainderUnsigned(next(state), VALUES);
    }
  }

  static long next(long[] state) {
    long z = state[0] += 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  public static class Fold {
    public long count, sum;
    public int min = Integer.MAX_VALUE, max = Integer.MIN_VALUE;
    public HashSet<Integer> distinct = new HashSet<>();
  }

  public static class Aggregate implements AggregateFunction<Tuple3<Integer, Integer, Long>, Fold, Fold> {
    public Fold createAccumulator() { return new Fold(); }
    public Fold add(Tuple3<Integer, Integer, Long> element, Fold fold) {
      int value = element.f1;
      fold.count++;
      fold.sum += value;
      fold.min = Math.min(fold.min, value);
      fold.max = Math.max(fold.max, value);
      fold.distinct.add(value);
      return fold;
    }
    public Fold getResult(Fold fold) { return fold; }
    public Fold merge(Fold a, Fold b) {
      a.count += b.count;
      a.sum += b.sum;
      a.min = Math.min(a.min, b.min);
      a.max = Math.max(a.max, b.max);
      a.distinct.addAll(b.distinct);
      return a;
    }
  }

  // One process, parallelism 1.
  static long rows, checksum;

  static long note(long key, long start, long end, long count, long sum, double average, long min, long max, long distinct) {
    long hash = 0;
    long[] fields = {key, start, end, count, sum, Double.doubleToRawLongBits(average), min, max, distinct};
    for (long field : fields) {
      hash = (hash ^ field) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
    }
    rows++;
    checksum += hash;
    return hash;
  }

  public static class Rows extends ProcessWindowFunction<Fold, Long, Integer, TimeWindow> {
    public void process(Integer key, Context context, Iterable<Fold> folds, Collector<Long> out) {
      for (Fold fold : folds) {
        long hash = note(key, context.window().getStart(), context.window().getEnd(), fold.count, fold.sum,
            (double) fold.sum / fold.count, fold.min, fold.max, fold.distinct.size());
        out.collect(hash);
      }
    }
  }

  /** The rows of the SQL jobs, in the order of their columns below. */
  public static class SQLRows implements Sink<RowData> {
    public SinkWriter<RowData> createWriter(WriterInitContext context) {
      return new SinkWriter<>() {
        public void write(RowData row, Context context) {
          note(row.getInt(2), row.getTimestamp(0, 3).getMillisecond(), row.getTimestamp(1, 3).getMillisecond(),
              row.getLong(3), row.getInt(4), row.getDouble(5), row.getInt(6), row.getInt(7), row.getLong(8));
        }
        public void flush(boolean end) {}
        public void close() {}
      };
    }
  }

  /**
   * Watermarks as the engine's measurements have them: behind each element that raises time. Flink's own strategy
   * announces them every 200 ms on the wall; whether two elements that are exactly the gap apart are one session depends
   * on which comes first, the second or the watermark.
   */
  public static class EachElement implements WatermarkGenerator<Tuple3<Integer, Integer, Long>> {
    private long latest = Long.MIN_VALUE;
    public void onEvent(Tuple3<Integer, Integer, Long> element, long time, WatermarkOutput output) {
      if (time <= latest) return;
      latest = time;
      output.emitWatermark(new Watermark(time - 1));
    }
    public void onPeriodicEmit(WatermarkOutput output) {}
  }

  static double run(String job, int count, long rate) throws Exception {
    rows = checksum = 0;
    Configuration settings = new Configuration();
    settings.setString("rest.port", "0");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, settings);
    environment.getConfig().enableObjectReuse();
    boolean unique = job.startsWith("unique-");
    DataStream<Tuple3<Integer, Integer, Long>> stream = environment.fromSequence(0, count - 1)
        .map(new MapFunction<Long, Tuple3<Integer, Integer, Long>>() {
          public Tuple3<Integer, Integer, Long> map(Long i) {
            int index = (int) (long) i;
            return Tuple3.of(unique ? index : keys[index], values[index], i * 1000 / rate);
          }
        }).returns(Types.TUPLE(Types.INT, Types.INT, Types.LONG))
        .assignTimestampsAndWatermarks(
            (job.equals("session")
                ? WatermarkStrategy.<Tuple3<Integer, Integer, Long>>forGenerator(context -> new EachElement())
                : WatermarkStrategy.<Tuple3<Integer, Integer, Long>>forBoundedOutOfOrderness(Duration.ZERO))
                .withTimestampAssigner((element, time) -> element.f2));
    if (job.endsWith("-sql")) {
      StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
      // The bounds of windows are local times.
      tables.getConfig().setLocalTimeZone(ZoneOffset.UTC);
      tables.createTemporaryView("ev", tables.fromDataStream(stream, Schema.newBuilder()
          .columnByExpression("ts", "TO_TIMESTAMP_LTZ(f2, 3)").watermark("ts", "ts - INTERVAL '0.001' SECOND").build()));
      String windows = job.startsWith("sliding") || job.startsWith("unique-sliding")
          ? "HOP(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' SECOND, INTERVAL '60' SECOND)"
          : "TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '60' SECOND)";
      Table table = tables.sqlQuery("SELECT window_start, window_end, f0, COUNT(*), SUM(f1), AVG(CAST(f1 AS DOUBLE)), MIN(f1), MAX(f1), COUNT(DISTINCT f1) FROM TABLE("
          + windows + ") GROUP BY window_start, window_end, f0");
      tables.<RowData>toDataStream(table, table.getResolvedSchema().toPhysicalRowDataType().bridgedTo(RowData.class))
          .sinkTo(new SQLRows());
      return environment.execute(job).getNetRuntime(TimeUnit.MILLISECONDS) / 1e3;
    }
    WindowAssigner<Object, TimeWindow> windows = switch (job) {
      case "tumbling", "unique-tumbling" -> TumblingEventTimeWindows.of(Duration.ofSeconds(60));
      case "sliding", "unique-sliding" -> SlidingEventTimeWindows.of(Duration.ofSeconds(60), Duration.ofSeconds(1));
      case "session" -> EventTimeSessionWindows.withGap(Duration.ofSeconds(1));
      default -> throw new IllegalArgumentException(job);
    };
    stream.keyBy(element -> element.f0, Types.INT).window(windows).aggregate(new Aggregate(), new Rows())
        .sinkTo(new DiscardingSink<>());
    return environment.execute(job).getNetRuntime(TimeUnit.MILLISECONDS) / 1e3;
  }

  public static void main(String[] arguments) throws Exception {
    String job = arguments[0];
    int count = Integer.parseInt(arguments[1]);
    long rate = Long.parseLong(arguments[2]);
    generate(count);
    // Once for the compiler of the virtual machine, then for the record.
    run(job, count, rate);
    double seconds = run(job, count, rate);
    System.out.printf("%s elements %d rate %d seconds %.3f elements/s %.0f rows %d checksum %016x%n",
        job, count, rate, seconds, count / seconds, rows, checksum);
    System.exit(0);
  }
}
