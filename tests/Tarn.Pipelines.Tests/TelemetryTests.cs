using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tarn.Core;
using Xunit;

namespace Tarn.Pipelines.Tests;

public sealed class TelemetryTests
{
    [Fact]
    public void A_run_and_its_attempts_are_spans_and_measurements_by_the_conventions_names()
    {
        const string Pipeline = "telemetry-of-a-run";
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == PipelineTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                if (a.GetTagItem("cicd.pipeline.name") as string == Pipeline)
                {
                    spans.Enqueue(a);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var measured = new ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)>();
        using var meters = new MeterListener { InstrumentPublished = static (instrument, l) => { if (instrument.Meter.Name == PipelineTelemetry.Name) { l.EnableMeasurementEvents(instrument); } } };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        meters.Start();
        using var world = new PipelineWorld();
        world.Start(Pipeline, p => p
            .Task("good", async (PipelineWorld w) => await Task.Delay(TimeSpan.FromSeconds(3), w.Time))
            .Task("bad", void () => throw new IOException("as planned"), after: "good"));

        var run = world.Run(Pipeline);

        var root = spans.Single(static s => s.DisplayName == $"RUN {Pipeline}");
        Assert.Equal((ActivityKind.Server, "failure", run.Run.Id), (root.Kind, root.GetTagItem("cicd.pipeline.result"), root.GetTagItem("cicd.pipeline.run.id")));
        Assert.Equal(["success", "failure"], spans.Where(s => s.ParentSpanId == root.SpanId).Select(static s => s.GetTagItem("cicd.pipeline.task.run.result")));
        var duration = measured.Single(static m => m.Name == "cicd.pipeline.run.duration" && m.Tags["cicd.pipeline.run.state"] is "executing");
        Assert.Equal((3.0, "failure"), (duration.Value, duration.Tags["cicd.pipeline.result"]));
        Assert.Equal(0, measured.Where(static m => m.Name == "cicd.pipeline.run.active").Sum(static m => m.Value));
        Assert.Single(measured, static m => m.Name == "cicd.pipeline.run.errors");

        void Note(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray().ToDictionary(static t => t.Key, static t => t.Value);
            if (all.GetValueOrDefault("cicd.pipeline.name") as string == Pipeline)
            {
                measured.Enqueue((name, value, all));
            }
        }
    }

    [Fact]
    public void A_run_that_is_late_is_told_once_and_one_in_time_never()
    {
        using var world = new PipelineWorld();
        var slow = true;
        world.Start("p", p => p.Schedule("*/5 * * * *").Sla(TimeSpan.FromMinutes(2)).Task("t", async (PipelineWorld w, CancellationToken token) =>
            await Task.Delay(TimeSpan.FromMinutes(slow ? 4 : 1), w.Time, token)), scheduler: true);

        world.Advance(TimeSpan.FromMinutes(7));
        slow = false;
        world.Advance(TimeSpan.FromMinutes(10));

        var runs = world.Runs().Where(static r => r.HasEnded).OrderBy(static r => r.LogicalDate).ToList();
        Assert.True(runs.Count >= 3);
        Assert.Contains(runs, static r => r.SlaMissed);
        Assert.All(runs, static r => Assert.Equal(r.DurationMs > 120_000, r.SlaMissed));
    }

    [Fact]
    public void Pipelines_that_run_others_are_checked_together()
    {
        var error = Assert.Throws<TarnException>(() => PipelineCatalog.Build(
        [
            new PipelineRegistration("a", static p => p.SubPipeline("s", "b").SubPipeline("u", "nowhere")),
            new PipelineRegistration("b", static p => p.SubPipeline("s", "a")),
            new PipelineRegistration("c", static p => p.RequiredParameter<int>("n").Task("t", () => { })),
            new PipelineRegistration("d", static p => p.SubPipeline("s", "c").SubPipeline("v", "c", new Dictionary<string, object?> { ["n"] = "three" })),
        ]));

        foreach (var part in new[] { "'u' runs the pipeline 'nowhere'", "'a' would run itself: a → b → a", "'n' has no default and has to be given", "the parameter 'n' is \"three\"" })
        {
            Assert.Contains(part, error.Message);
        }
    }
}
