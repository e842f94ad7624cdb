using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;
using Tarn.Log;

namespace Tarn.Pipelines;

/// <summary>
/// Ready looks for <see cref="PipelineBuilder.Sensor"/>:
/// <code>p.Sensor("received", Sensors.File(run => $"/in/{run.DataInterval.Start:yyyy-MM-dd}.csv"), every: TimeSpan.FromMinutes(1))</code>
/// </summary>
public static class Sensors
{
    /// <summary>True from a moment on.</summary>
    /// <param name="moment">The moment for a run, such as some hours after its data interval's end.</param>
    public static Delegate Time(Func<TaskContext, DateTimeOffset> moment) =>
        (TaskContext run, TimeProvider time) => time.GetUtcNow() >= moment(run);

    /// <summary>True where a file exists and is not empty.</summary>
    /// <param name="path">Its path for a run.</param>
    public static Delegate File(Func<TaskContext, string> path) =>
        (TaskContext run) => new FileInfo(path(run)) is { Exists: true, Length: > 0 };

    /// <summary>True where a table has a commit at or after the end of the run's data interval (or <paramref name="since"/>).</summary>
    /// <param name="table">The table, <c>layer.name</c>; one that does not exist yet has no commit.</param>
    /// <param name="since">The earliest moment of the commit for a run; default the end of its data interval.</param>
    public static Delegate TableCommit(string table, Func<TaskContext, DateTimeOffset>? since = null) =>
        async (TaskContext run, Lake.Lake lake) =>
            await lake.Table(table).ExistsAsync(run.CancellationToken)
            && (await lake.Table(table).SnapshotAsync(cancellationToken: run.CancellationToken)).Timestamp >= (since?.Invoke(run) ?? run.DataInterval.End);

    /// <summary>True where a table has reached a version.</summary>
    /// <param name="table">The table, <c>layer.name</c>.</param>
    /// <param name="version">The version for a run.</param>
    public static Delegate TableVersion(string table, Func<TaskContext, long> version) =>
        async (TaskContext run, Lake.Lake lake) =>
            await lake.Table(table).ExistsAsync(run.CancellationToken)
            && (await lake.Table(table).SnapshotAsync(cancellationToken: run.CancellationToken)).Version >= version(run);

    /// <summary>True where a topic's partitions together have come to an offset.</summary>
    /// <param name="topic">The topic; one that does not exist yet has no records.</param>
    /// <param name="records">How many records it should have had since it was made, for a run.</param>
    public static Delegate TopicOffset(string topic, Func<TaskContext, long> records) =>
        async (TaskContext run, TopicLog log) =>
            await FindAsync(log, topic, run.CancellationToken) is { } found && found.Partitions.Sum(static p => p.High) >= records(run);

    /// <summary>True where every partition of a topic has a record at or after a moment: what was produced before it is there, where each partition is produced to in the order of time.</summary>
    /// <param name="topic">The topic; one that does not exist yet has no records.</param>
    /// <param name="until">The moment for a run; default the end of its data interval.</param>
    public static Delegate TopicTime(string topic, Func<TaskContext, DateTimeOffset>? until = null) => async (TaskContext run, TopicLog log) =>
    {
        var moment = until?.Invoke(run) ?? run.DataInterval.End;
        if (await FindAsync(log, topic, run.CancellationToken) is not { } found)
        {
            return false;
        }

        foreach (var partition in found.Partitions)
        {
            if (await log.OffsetForTimeAsync(topic, partition.Partition, moment, run.CancellationToken) >= partition.High)
            {
                return false;
            }
        }

        return true;
    };

    /// <summary>
    /// True where an HTTP GET answers 2xx, after redirects; 4xx other than 404, 408, 425 and 429 fail the sensor, any other answer, none within the client's time-out, and a broken connection mean
    /// not yet. The client is the <see cref="HttpClient"/> of the program's services, otherwise one with a time-out of 30 s.
    /// </summary>
    /// <param name="url">The address for a run.</param>
    /// <param name="accept">What else has to be true of the body; default nothing, and then it is not read. It gets the first mebibyte.</param>
    public static Delegate Http(Func<TaskContext, Uri> url, Func<string, bool>? accept = null) => async (TaskContext run, IServiceProvider services) =>
        await HttpLook.LookAsync(services.GetService<HttpClient>() ?? HttpLook.Client, url(run), accept, run.CancellationToken);

    private static async Task<TopicDescription?> FindAsync(TopicLog log, string topic, CancellationToken cancellation)
    {
        try
        {
            return await log.DescribeTopicAsync(topic, cancellation);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }
}

