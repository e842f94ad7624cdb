using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Log;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>The ready sensors of tables and topics, with a lake and a topic log on disk.</summary>
public class DataSensorTests : SensorContract
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_table_is_waited_for_until_it_has_the_version()
    {
        using var lakeside = new RepairWorld(store: NewStore());
        var world = Serve(lakeside.World, lakeside.Lake);
        world.Start(Build(Sensors.TableVersion(RepairWorld.Silver, static _ => 2)));
        var id = Trigger(world);
        Assert.Equal(AttemptState.Deferred, world.Details(id).Tasks[0].State);
        lakeside.MakeTable();
        Assert.Equal(AttemptState.Deferred, Look(world, id));
        lakeside.Append(Noon);
        Assert.Equal(AttemptState.Deferred, Look(world, id));

        using var other = new RepairWorld.OtherProcess(lakeside.Lake);
        other.Append(Noon);

        Assert.Equal(AttemptState.Success, Look(world, id));
        AssertEnded(world, id, RunState.Success);
    }

    [Fact]
    public void A_commit_counts_that_came_at_or_after_the_end_of_the_interval()
    {
        using var lakeside = new RepairWorld(store: NewStore());
        var world = Serve(lakeside.World, lakeside.Lake);
        lakeside.MakeTable();
        lakeside.Append(Noon);
        var committed = RepairWorld.Do(async () => (await lakeside.Lake.Table(RepairWorld.Silver).SnapshotAsync()).Timestamp);
        world.Start(
            PipelineWorld.Build("p", static p => p.Schedule("@hourly").Sensor("s", Sensors.TableCommit(RepairWorld.Silver), every: Minute)),
            PipelineWorld.Build("exact", p => p.Sensor("s", Sensors.TableCommit(RepairWorld.Silver, _ => committed), every: Minute)),
            PipelineWorld.Build("late", p => p.Sensor("s", Sensors.TableCommit(RepairWorld.Silver, _ => committed.AddTicks(1)), every: Minute)));

        Assert.Equal(AttemptState.Success, world.Details(Trigger(world, committed.AddHours(-3))).Tasks[0].State);
        Assert.Equal(AttemptState.Deferred, world.Details(Trigger(world, committed.AddDays(3))).Tasks[0].State);
        string[] ids = [.. new[] { "exact", "late" }.Select(p => world.Await(() => world.Orchestrator.TriggerAsync(p)).Id)];
        world.IdleUntil(() => ids.All(id => world.Details(id).Tasks[0].State is AttemptState.Success or AttemptState.Deferred));
        Assert.Equal([AttemptState.Success, AttemptState.Deferred], ids.Select(id => world.Details(id).Tasks[0].State));
    }

    [Fact]
    public void A_topic_is_waited_for_until_its_partitions_have_the_records()
    {
        using var topics = new Topics(NewWorld());
        topics.World.Start(Build(Sensors.TopicOffset("events", static _ => 3)));
        var id = Trigger(topics.World);
        topics.Make(partitions: 2);
        Assert.Equal(AttemptState.Deferred, Look(topics.World, id));
        topics.Append((0, Noon), (1, Noon));
        Assert.Equal(AttemptState.Deferred, Look(topics.World, id));

        topics.Append((1, Noon));

        Assert.Equal(AttemptState.Success, Look(topics.World, id));
        AssertEnded(topics.World, id, RunState.Success);
    }

    [Fact]
    public void A_topic_is_waited_for_until_each_partition_has_come_to_the_end_of_the_interval()
    {
        using var topics = new Topics(NewWorld(start: Noon.AddMinutes(5)));
        topics.World.Start(Build(Sensors.TopicTime("events")));
        var id = Trigger(topics.World);
        Assert.Equal(Noon, topics.World.Details(id).Run.DataInterval.End);
        topics.Make(partitions: 2);
        topics.Append((0, Noon.AddMinutes(-1)), (1, Noon.AddMinutes(-1)), (0, Noon.AddSeconds(1)));
        Assert.Equal(AttemptState.Deferred, Look(topics.World, id));

        topics.Append((1, Noon));

        Assert.Equal(AttemptState.Success, Look(topics.World, id));
    }

    private sealed class Topics : IDisposable
    {
        private readonly TemporaryDirectory _folder = new(inMemory: true);
        private readonly SegmentTopicLog _log;

        public Topics(PipelineWorld world)
        {
            World = world;
            _log = new SegmentTopicLog(_folder.Path, TimeProvider.System, NullLoggerFactory.Instance);
            world.Services.AddSingleton<TopicLog>(_log);
        }

        public PipelineWorld World { get; }

        public void Make(int partitions) => RepairWorld.Do(() => _log.CreateTopicAsync("events", new TopicOptions { Partitions = partitions }));

        public void Append(params (int Partition, DateTimeOffset Time)[] records) =>
            RepairWorld.Do(() => _log.AppendAsync("events", [.. records.Select(static r => new NewRecord("k"u8.ToArray(), "v"u8.ToArray(), r.Time, Partition: r.Partition))]));

        public void Dispose()
        {
            World.Dispose();
            _log.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _folder.Dispose();
        }
    }
}
