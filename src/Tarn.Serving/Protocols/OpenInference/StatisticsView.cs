namespace Tarn.Serving;

/// <summary>Triton's statistics extension: what loaded versions did since they were loaded. Times are nanoseconds.</summary>
internal static class StatisticsView
{
    public static void Write(PooledBuffer to, IEnumerable<LoadedModel> models, TimeProvider time)
    {
        to.Write("{\"model_stats\":["u8);
        var isFirst = true;
        foreach (var model in models)
        {
            if (!isFirst)
            {
                to.Write((byte)',');
            }

            isFirst = false;
            WriteModel(to, model, time);
        }

        to.Write("]}"u8);
    }

    /// <summary>The moment of a timestamp in milliseconds since 1970; 0 where there is none.</summary>
    public static long Milliseconds(long timestamp, TimeProvider time) => timestamp == 0 ? 0 : (time.GetUtcNow() - time.GetElapsedTime(timestamp)).ToUnixTimeMilliseconds();

    /// <summary>Ticks of the clock as nanoseconds.</summary>
    public static long Nanoseconds(long ticks, TimeProvider time) => (long)(ticks * (1e9 / time.TimestampFrequency));

    private static void WriteModel(PooledBuffer to, LoadedModel model, TimeProvider time)
    {
        var stats = model.Stats;
        to.Write("{\"name\":"u8);
        TensorJson.Text(to, model.Name);
        to.Write(",\"version\":\""u8);
        TensorJson.Whole(to, model.Version);
        Member(to, "\",\"last_inference\":"u8, Milliseconds(stats.LastRunAt, time));
        Member(to, ",\"inference_count\":"u8, stats.Inferences);
        Member(to, ",\"execution_count\":"u8, stats.Executions);
        to.Write(",\"inference_stats\":{"u8);
        var total = stats.QueueTicks + stats.InputTicks + stats.ComputeTicks + stats.OutputTicks + stats.CacheHitTicks;
        Duration(to, "\"success\""u8, stats.Succeeded, total, time);
        Duration(to, ",\"fail\""u8, stats.Failed + stats.Refused, stats.FailedTicks, time);
        Duration(to, ",\"queue\""u8, stats.Succeeded, stats.QueueTicks, time);
        var computed = Math.Max(0, stats.Succeeded - stats.CacheHits);
        Duration(to, ",\"compute_input\""u8, computed, stats.InputTicks, time);
        Duration(to, ",\"compute_infer\""u8, computed, stats.ComputeTicks, time);
        Duration(to, ",\"compute_output\""u8, computed, stats.OutputTicks, time);
        Duration(to, ",\"cache_hit\""u8, stats.CacheHits, stats.CacheHitTicks, time);
        Duration(to, ",\"cache_miss\""u8, stats.CacheMisses, 0, time);
        to.Write("},\"batch_stats\":["u8);
        var isFirst = true;
        foreach (var batch in stats.Batches)
        {
            Member(to, isFirst ? "{\"batch_size\":"u8 : ",{\"batch_size\":"u8, batch.Rows);
            isFirst = false;
            Duration(to, ",\"compute_input\""u8, batch.Runs, 0, time);
            Duration(to, ",\"compute_infer\""u8, batch.Runs, batch.ComputeTicks, time);
            Duration(to, ",\"compute_output\""u8, batch.Runs, batch.OutputTicks, time);
            to.Write((byte)'}');
        }

        to.Write("]}"u8);
    }

    private static void Member(PooledBuffer to, ReadOnlySpan<byte> name, long value)
    {
        to.Write(name);
        TensorJson.Whole(to, value);
    }

    private static void Duration(PooledBuffer to, ReadOnlySpan<byte> name, long count, long ticks, TimeProvider time)
    {
        to.Write(name);
        Member(to, ":{\"count\":"u8, count);
        Member(to, ",\"ns\":"u8, Nanoseconds(ticks, time));
        to.Write((byte)'}');
    }
}
