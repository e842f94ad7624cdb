using Tarn.Core;
using Tarn.Registry;
using Xunit;

namespace Tarn.Contracts;

/// <content>Searches.</content>
public abstract partial class RegistryContract
{
    [Fact]
    public async Task Runs_are_found_by_filters()
    {
        (string Filter, string Expected)[] cases =
        [
            ("metrics.accuracy > 0.8", "c,b"),
            ("metrics.accuracy >= 0.9 AND params.head = 'mlp'", "b"),
            ("metric.accuracy != 0.9", "d,c,a"),
            ("metrics.`val loss` < -0.5", "a"),
            ("metrics.\"val loss\" = 1e-2", "b"),
            ("metrics.accuracy < 1", "b,a"),
            ("params.head != 'mlp'", "c,a"),
            ("parameters.head LIKE 'lin%'", "c"),
            ("params.head LIKE 'Lin%'", "a"),
            ("params.head ILIKE 'LIN%'", "c,a"),
            ("param.head LIKE '_ine[a]r*'", ""),
            ("tags.`mlflow.source.name` = 'train.py'", "d,c,b,a"),
            ("tags.team = \"vi'sion\"", "b"),
            ("tags.team = 'vi''sion'", "b"),
            ("tags.team LIKE '100\\%'", "c"),
            ("tags.team ILIKE '100\\%'", "c"),
            ("tags.team IS NULL", "d,a"),
            ("params.head IS NOT NULL AND tags.team IS NOT NULL", "c,b"),
            ("attributes.status = 'RUNNING'", "d,c,b"),
            ("attribute.status != 'RUNNING'", "a"),
            ("run_name LIKE '_' and start_time > 1767225600500", "d,c,b"),
            ("attr.`start_time` <= 1767225601000.0", "b,a"),
            ("end_time > 0", "a"),
            ("run.user_id = 'ada'", "d,c,b,a"),
            ("`Run name` = 'a'", "a"),
            ("datasets.name = 'photos' AND dataset.context IN ('training', 'x')", "b"),
            ("dataset.digest NOT IN ('v2')", "b"),
            ("", "d,c,b,a"),
            ("  ", "d,c,b,a"),
        ];
        await using var world = await WorldAsync();
        await FourAsync(world);
        foreach (var (filter, expected) in cases)
        {
            Assert.Equal((filter, expected), (filter, string.Join(',', await world.FindAsync(filter))));
        }
    }

    [Fact]
    public async Task Runs_come_in_the_order_that_was_asked_for()
    {
        (string Order, string Expected)[] cases =
        [
            ("metrics.accuracy DESC", "c,b,a,d"),
            ("metrics.accuracy", "a,b,c,d"),
            ("params.head ASC", "a,c,b,d"),
            ("attributes.start_time asc", "a,b,c,d"),
            ("Created desc", "d,c,b,a"),
            ("tags.team DESC", "b,c,d,a"),
            ("end_time DESC", "a,d,c,b"),
            ("metrics.`val loss` DESC", "b,a,d,c"),
        ];
        await using var world = await WorldAsync();
        await FourAsync(world);
        foreach (var (order, expected) in cases)
        {
            Assert.Equal((order, expected), (order, string.Join(',', await world.FindAsync(null, order))));
            Assert.Equal((order, expected), (order, string.Join(',', await world.FindAsync(null, order, "start_time DESC"))));
        }
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        await using var world = await WorldAsync();
        for (var i = 0; i < 7; i++)
        {
            await world.RunAsync(name: $"r{i}");
        }

        var seen = new List<string>();
        long? offset = 0;
        while (offset is { } at)
        {
            var page = await world.Runs.SearchAsync(new RunSearch { ExperimentIds = [0, 5], Limit = 3, Offset = at });
            seen.AddRange(page.Items.Select(static r => r.Name));
            offset = page.NextOffset;
        }

        Assert.Equal(["r6", "r5", "r4", "r3", "r2", "r1", "r0"], seen);
        Assert.Empty((await world.Runs.SearchAsync(new RunSearch())).Items);
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => world.Runs.SearchAsync(new RunSearch { Limit = 0 }))).Kind);
    }

    [Fact]
    public async Task Experiments_models_and_versions_are_found_by_filters_too()
    {
        await using var world = await WorldAsync();
        foreach (var name in new[] { "pizza-a", "pizza-b", "loans" })
        {
            await world.Experiments.CreateAsync(name, [new("task", name[..5])]);
            await world.Models.CreateAsync(name, tags: [new("task", name[..5])]);
            await world.RegisterAsync(name, run: name == "loans" ? "r1" : null);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await world.RegisterAsync("loans", run: "r2");
        async Task<string> Experiments(string? filter, params string[] order) =>
            string.Join(',', (await world.Experiments.SearchAsync(new ExperimentSearch { Filter = filter, OrderBy = order })).Items.Select(static e => e.Name));
        async Task<string> Models(string? filter, params string[] order) =>
            string.Join(',', (await world.Models.SearchAsync(new ModelSearch { Filter = filter, OrderBy = order })).Items.Select(static m => m.Name));
        async Task<string> Versions(string? filter, params string[] order) =>
            string.Join(',', (await world.Models.SearchVersionsAsync(new ModelSearch { Filter = filter, OrderBy = order })).Items.Select(static v => $"{v.Model}/{v.Version}"));

        Assert.Equal("loans,pizza-b,pizza-a,Default", await Experiments(null));
        Assert.Equal("pizza-a,pizza-b", await Experiments("name LIKE 'pizza%' AND tags.task = 'pizza'", "name ASC"));
        Assert.Equal("pizza-b,loans", await Experiments("creation_time > 1767225600500", "experiment_id"));
        Assert.Equal("loans,pizza-a,pizza-b", await Models(null));
        Assert.Equal("pizza-b,pizza-a", await Models("name ILIKE '%PIZZA%' AND tag.task != 'x'", "last_updated_timestamp DESC"));
        Assert.Equal("loans/2,loans/1,pizza-a/1,pizza-b/1", await Versions(null));
        Assert.Equal("loans/1,loans/2", await Versions("name = 'loans' AND version_number >= 1", "version_number ASC"));
        Assert.Equal("loans/2,loans/1", await Versions("run_id IN ('r1', 'r2')"));
        Assert.Equal("loans/2", await Versions("run_id = 'r2' AND source_path LIKE 'mlflow-artifacts:%'"));
        await Assert.ThrowsAsync<TarnException>(() => Models("metrics.x > 1"));
        await Assert.ThrowsAsync<TarnException>(() => Experiments("params.x = '1'"));
    }

    // a to d, one second apart, from 2026-01-01.
    private static async Task FourAsync(RegistryWorld world)
    {
        (string, string)[] source = [("mlflow.source.name", "train.py")];
        var a = await world.RunAsync(name: "a", parameters: [("head", "Linear")], metrics: [("accuracy", 0.7), ("val loss", -1)], tags: source);
        var b = await world.RunAsync(name: "b", parameters: [("head", "mlp")], metrics: [("accuracy", 0.9), ("val loss", 0.01)], tags: [.. source, ("team", "vi'sion")]);
        await world.RunAsync(name: "c", parameters: [("head", "linear")], metrics: [("accuracy", double.PositiveInfinity)], tags: [.. source, ("team", "100\\% sure")]);
        await world.RunAsync(name: "d", metrics: [("accuracy", double.NaN)], tags: source);
        await world.Runs.EndAsync(a.Id, TrainingRunStatus.Failed);
        await world.Runs.LogInputsAsync(b.Id, [new RunInput("photos", "v1", "delta_table", "x") { Tags = new Dictionary<string, string> { [RunTags.DataContext] = "training" } }]);
    }
}
