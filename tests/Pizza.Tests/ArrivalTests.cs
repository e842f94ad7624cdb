using Microsoft.Extensions.DependencyInjection;
using Pizza.Drawing;
using Tarn.Contracts;
using Tarn.Lake;
using Tarn.Pipelines;
using Tarn.Registry;
using Xunit;

namespace Pizza.Tests;

/// <summary>Training that nobody asks for: when images arrive in a table, and by a schedule; and what is promoted where drawn and real images meet.</summary>
public sealed class ArrivalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Images_that_arrive_in_a_table_are_trained_on_once()
    {
        using var folder = new TemporaryDirectory();
        await using var host = await new PizzaRun(folder.Combine("data")).ServeAsync(new() { ["Pizza:Table"] = "bronze.photos", ["Pizza:Tune"] = "false", ["Pizza:Backbones:0"] = "classical" });
        var models = host.Services.GetRequiredService<ModelRegistry>().Models;
        var table = await host.Services.GetRequiredService<Lake>().EnsureTableAsync(TableDefinition.Of<ArrivedPhoto>("bronze.photos"), Cancellation);
        var ends = new RunEnds(host.Services.GetRequiredService<Orchestrator>());

        await table.AppendAsync(Photos(0, 20), null, Cancellation);
        var first = await ends.NextAsync();
        Assert.Equal((RunState.Success, RunTrigger.Data), (first.State, first.Trigger));
        var version = Assert.Single(await models.ListVersionsAsync(PizzaSystem.ModelName, Cancellation));
        Assert.Contains(version.Tags, static t => t is { Key: "tarn.synthetic", Value: "false" });
        Assert.Contains(version.Tags, static t => t.Value.StartsWith("silver.pizza_received", StringComparison.Ordinal));

        await table.AppendAsync(Photos(20, 40), null, Cancellation);
        Assert.Equal(RunState.Success, (await ends.NextAsync()).State);
        Assert.Equal(2, (await models.ListVersionsAsync(PizzaSystem.ModelName, Cancellation)).Count);

        // The same pictures under the same paths: a run, and nothing to learn.
        await table.AppendAsync(Photos(0, 2), null, Cancellation);
        var last = await ends.NextAsync();
        Assert.True(last.State == RunState.Success, last.Error);
        var details = await host.Services.GetRequiredService<Orchestrator>().GetRunAsync(last.Id, Cancellation);
        Assert.Equal(AttemptState.Skipped, details.Tasks.Single(static t => t.Name == "train").State);
        Assert.Equal(2, (await models.ListVersionsAsync(PizzaSystem.ModelName, Cancellation)).Count);
    }

    [Fact]
    public async Task A_schedule_is_the_pipelines()
    {
        using var folder = new TemporaryDirectory();
        var pizza = new PizzaRun(folder.Path);
        var shown = await pizza.JsonAsync("pipelines", "show", PizzaSystem.PipelineName, "--set", "Pizza:Schedule=30 3 * * 1");
        Assert.Contains("30 3 * * 1", shown.ToJsonString(), StringComparison.Ordinal);
        var (code, _, errors) = await pizza.RunAsync("pipelines", "list", "--set", "Pizza:Schedule=sometimes");
        Assert.NotEqual(0, code);
        Assert.Contains("sometimes", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_champion_of_drawn_images_counts_as_none_and_none_of_them_takes_the_place_of_one_of_real_ones()
    {
        using var folder = new TemporaryDirectory();
        var photos = folder.Combine("photos");
        DrawnFolder.Draw(photos, seed: 3, from: 0, to: 30);
        var pizza = new PizzaRun(folder.Combine("data"));
        var drawn = await pizza.TrainAsync("--set", "Pizza:Drawn=40");
        Assert.True((bool?)drawn["synthetic"]);
        await pizza.JsonAsync("models", "promote", "pizza", "1");

        var real = await pizza.TrainAsync("--images", photos);
        Assert.Contains("pizza 1 was trained on drawn images and counts as none", (string?)real["verdict"], StringComparison.Ordinal);
        await pizza.JsonAsync("models", "promote", "pizza", "2");

        var again = await pizza.TrainAsync("--set", "Pizza:Drawn=40", "--param", "seed=5");
        Assert.True((bool?)again["synthetic"]);
        Assert.False((bool?)again["promoted"]);
        Assert.Contains("on real ones", (string?)again["verdict"], StringComparison.Ordinal);
        Assert.Equal(2, (long?)again["champion"]);
    }

    private static List<ArrivedPhoto> Photos(int from, int to)
    {
        var drawing = new DrawnImages(11, to);
        return [.. new[] { DrawnImages.Pizza, DrawnImages.Other }.SelectMany(label => Enumerable.Range(from, to - from).Select(i => new ArrivedPhoto($"{label}/{i}", label, drawing.Draw(label, i))))];
    }

    /// <summary>An image as it arrives.</summary>
    public sealed record ArrivedPhoto(string Path, string Label, byte[] Content);

    /// <summary>The runs of the training, as they end.</summary>
    private sealed class RunEnds
    {
        private readonly System.Threading.Channels.Channel<RunSummary> _ended = System.Threading.Channels.Channel.CreateUnbounded<RunSummary>();

        public RunEnds(Orchestrator orchestrator) => orchestrator.RunChanged += change =>
        {
            if (change.Run is { HasEnded: true, Pipeline: PizzaSystem.PipelineName })
            {
                _ended.Writer.TryWrite(change.Run);
            }
        };

        public async Task<RunSummary> NextAsync() => await _ended.Reader.ReadAsync(Cancellation);
    }
}
