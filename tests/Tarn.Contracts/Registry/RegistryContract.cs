using Tarn.Core;
using Tarn.Registry;
using Xunit;

namespace Tarn.Contracts;

/// <summary>What the registry promises on every metadata store: experiments and training runs.</summary>
public abstract partial class RegistryContract
{
    private readonly ManualTimeProvider _time = new();

    /// <summary>Opens the test's store, which starts empty, and stays what it is when it is opened again.</summary>
    protected abstract Task<MetadataStore> OpenAsync();

    private async Task<RegistryWorld> WorldAsync() => await RegistryWorld.OpenAsync(await OpenAsync(), _time);

    [Fact]
    public async Task Experiments_are_made_found_renamed_tagged_deleted_and_restored()
    {
        await using var world = await WorldAsync();
        var zero = await world.Experiments.GetAsync(0);
        Assert.Equal(("Default", "mlflow-artifacts:/0"), (zero.Name, zero.ArtifactLocation));
        var made = await world.Experiments.CreateAsync("pizza", [new("team", "vision")]);
        Assert.Equal((1, "pizza", "mlflow-artifacts:/1", LifecycleState.Active), (made.Id, made.Name, made.ArtifactLocation, made.State));
        Assert.Equal("vision", made.Tags["team"]);
        Assert.Equal(made.Id, (await world.Experiments.GetOrCreateAsync("pizza")).Id);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => world.Experiments.CreateAsync("pizza"))).Kind);

        await world.Experiments.RenameAsync(made.Id, "pizzas");
        await world.Experiments.SetTagAsync(made.Id, "team", "food");
        await world.Experiments.SetTagAsync(made.Id, "owner", "ada");
        await world.Experiments.DeleteTagAsync(made.Id, "owner");
        Assert.Null(await world.Experiments.FindAsync("pizza"));
        Assert.Equal(["food"], (await world.Experiments.FindAsync("pizzas"))!.Tags.Values);

        var (gone, kept) = (await world.RunAsync(made.Id), await world.RunAsync(made.Id));
        await world.Runs.DeleteAsync(gone.Id);
        _time.Advance(TimeSpan.FromSeconds(1));
        await world.Experiments.DeleteAsync(made.Id);
        Assert.Equal(LifecycleState.Deleted, (await world.Runs.GetAsync(kept.Id)).State);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => world.Experiments.CreateAsync("pizzas"))).Kind);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => world.RunAsync(made.Id))).Kind);
        Assert.Equal(["Default"], (await world.Experiments.SearchAsync(new ExperimentSearch())).Items.Select(static e => e.Name));
        Assert.Equal(["pizzas"], (await world.Experiments.SearchAsync(new ExperimentSearch { View = LifecycleView.Deleted })).Items.Select(static e => e.Name));

        await world.Experiments.RestoreAsync(made.Id);
        Assert.Equal((LifecycleState.Active, LifecycleState.Deleted), ((await world.Runs.GetAsync(kept.Id)).State, (await world.Runs.GetAsync(gone.Id)).State));
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Experiments.RestoreAsync(made.Id))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Experiments.GetAsync(99))).Kind);
    }

    [Fact]
    public async Task A_run_keeps_what_is_logged_to_it()
    {
        await using var world = await WorldAsync();
        var run = await world.Runs.StartAsync(new NewTrainingRun { ExperimentId = 0, User = "ada", Tags = [new("mlflow.source.name", "train.py")] });
        Assert.Matches("^[0-9a-f]{32}$", run.Id);
        Assert.Equal((run.Name, TrainingRunStatus.Running, $"mlflow-artifacts:/0/{run.Id}/artifacts"), (run.FindTag(RunTags.Name), run.Status, run.ArtifactLocation));
        await world.Runs.LogAsync(run.Id, new RunBatch
        {
            Params = [new("lr", "0.001"), new("head", "mlp\0")],
            Metrics = [new("loss", 0.5, 1, 1000), new("loss", 0.25, 2, 2000), new("loss", 0.75, 0, 3000), new("odd", double.NaN, 0, 0), new("up", double.PositiveInfinity, 0, 0)],
            Tags = [new("note", "first")],
        });
        await world.Runs.LogAsync(run.Id, new RunBatch { Params = [new("lr", "0.001")], Metrics = [new("loss", 0.25, 2, 2000)], Tags = [new("note", "second")] });
        await world.Runs.LogInputsAsync(run.Id, [new RunInput("silver.photos", "v7", "delta_table", "silver.photos@7") { Tags = new Dictionary<string, string> { [RunTags.DataContext] = "training" } }]);
        await world.Runs.EndAsync(run.Id, TrainingRunStatus.Finished);

        var read = await world.Runs.GetAsync(run.Id);
        Assert.Equal([new("head", "mlp\uFFFD"), new("lr", "0.001")], read.Params);
        Assert.Equal([new Metric("loss", 0.25, 2, 2000), new Metric("odd", double.NaN, 0, 0), new Metric("up", double.PositiveInfinity, 0, 0)], read.Metrics);
        Assert.Equal(("second", TrainingRunStatus.Finished, _time.GetUtcNow()), (read.FindTag("note"), read.Status, read.EndedAt));
        Assert.Equal(("silver.photos", "v7", "training"), (read.Inputs[0].Name, read.Inputs[0].Digest, read.Inputs[0].Tags[RunTags.DataContext]));
        Assert.Equal([1000L, 2000, 3000], (await world.Runs.HistoryAsync(run.Id, "loss")).Select(static m => m.TimestampMs));
        Assert.Equal([2000L], (await world.Runs.HistoryAsync(run.Id, "loss", 1, 1)).Select(static m => m.TimestampMs));
        Assert.Empty(await world.Runs.HistoryAsync(run.Id, "none"));
    }

    [Fact]
    public async Task A_batch_takes_effect_as_a_whole_or_not_at_all()
    {
        await using var world = await WorldAsync();
        var run = await world.RunAsync(parameters: [("lr", "1")]);
        foreach (var wrong in new RunBatch[]
        {
            new() { Params = [new("lr", "2")], Metrics = [new("loss", 1, 0, 0)], Tags = [new("t", "v")] },
            new() { Params = [new("a", "1"), new("a", "1")], Tags = [new("t", "v")] },
            new() { Metrics = [new("loss", 1, 0, -1)], Tags = [new("t", "v")] },
            new() { Metrics = [new("../loss", 1, 0, 0)], Tags = [new("t", "v")] },
            new() { Params = [new("a", new string('x', 6001))], Tags = [new("t", "v")] },
            new() { Tags = [.. Enumerable.Range(0, 101).Select(static i => KeyValuePair.Create($"t{i}", "v"))] },
            new() { Metrics = [.. Enumerable.Range(0, 1001).Select(static i => new Metric("m", i, i, i))] },
        })
        {
            Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => world.Runs.LogAsync(run.Id, wrong))).Kind);
        }

        var read = await world.Runs.GetAsync(run.Id);
        Assert.Equal(("1", 0), (read.Params.Single().Value, read.Metrics.Count));
        Assert.Null(read.FindTag("t"));
        await world.Runs.DeleteAsync(run.Id);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => world.Runs.SetTagAsync(run.Id, "t", "v"))).Kind);
        await world.Runs.RestoreAsync(run.Id);
        await world.Runs.SetTagAsync(run.Id, RunTags.Name, "renamed");
        Assert.Equal("renamed", (await world.Runs.GetAsync(run.Id)).Name);
        await world.Runs.UpdateAsync(run.Id, new TrainingRunChange { Name = "again" });
        Assert.Equal("again", (await world.Runs.GetAsync(run.Id)).FindTag(RunTags.Name));
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Runs.DeleteTagAsync(run.Id, "none"))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Runs.GetAsync("none"))).Kind);
    }

    [Fact]
    public async Task Batches_of_several_writers_lose_nothing()
    {
        await using var world = await WorldAsync();
        var run = await world.RunAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => world.Runs.LogAsync(run.Id, new RunBatch
        {
            Metrics = [.. Enumerable.Range(0, 250).Select(i => new Metric("loss", i, (i * 8) + writer, i))],
            Params = [new($"p{writer}", "v")],
        })));
        Assert.Equal(2000, (await world.Runs.HistoryAsync(run.Id, "loss")).Count);
        var read = await world.Runs.GetAsync(run.Id);
        Assert.Equal((8, 1999), (read.Params.Count, read.Metrics.Single().Step));
        var curve = Assert.Single(await world.Runs.CurvesAsync([run.Id, "none"], "loss", 100));
        Assert.InRange(curve.Points.Count, 100, 102);
        Assert.Equal((0, 1999), (curve.Points[0].Step, curve.Points[^1].Step));
        Assert.Equal([10L, 11, 12], (await world.Runs.CurvesAsync([run.Id], "loss", 100, 10, 12))[0].Points.Select(static p => p.Step));
    }
}
