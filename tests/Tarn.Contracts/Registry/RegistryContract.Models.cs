using System.Text.Json;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Registry;
using Xunit;

namespace Tarn.Contracts;

/// <content>Models, versions, aliases and the ledger.</content>
public abstract partial class RegistryContract
{
    private static readonly AliasChange ByAda = new("ada", "better");

    [Fact]
    public async Task A_version_is_registered_with_its_files()
    {
        await using var world = await WorldAsync();
        var run = await world.RunAsync();
        var one = await world.RegisterAsync("pizza", "one", run.Id);
        var two = await world.RegisterAsync("pizza", "two");
        Assert.Equal((1, 2, "models/pizza/1", "mlflow-artifacts:/models/pizza/1", run.Id), (one.Version, two.Version, one.Folder, one.Source, one.RunId));
        Assert.Equal(["extra/labels.txt", "model.onnx", "signature.json"], one.Files.Select(static f => f.Path));
        Assert.Equal((3, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"), (one.Files[1].Size, one.Files[1].Sha256));
        Assert.Equal("two"u8.ToArray(), await world.Objects.GetAsync("models/pizza/2/model.onnx"));
        Assert.Equal(["extra", "model.onnx", "signature.json"], (await world.Registry.Artifacts.ListAsync(two.Folder!)).Select(static f => f.Path));
        Assert.Equal([2L, 1], (await world.Models.ListVersionsAsync("pizza")).Select(static v => v.Version));

        await world.Models.DescribeVersionAsync("pizza", 2, "wider head");
        await world.Models.SetVersionTagAsync("pizza", 2, "data", "v7");
        await world.Models.TransitionStageAsync("pizza", 1, "production", false);
        await world.Models.TransitionStageAsync("pizza", 2, "Production", true);
        var read = await world.Models.GetVersionAsync("pizza", 2);
        Assert.Equal(("wider head", "v7", "Production", "Archived"), (read.Description, read.Tags.Single().Value, read.Stage, (await world.Models.GetVersionAsync("pizza", 1)).Stage));
        foreach (var wrong in new Func<Task>[]
        {
            () => world.Models.TransitionStageAsync("pizza", 1, "Best", false),
            () => world.Models.TransitionStageAsync("pizza", 1, "None", true),
            () => world.Models.CreateAsync("a/b"),
            () => world.Models.RegisterAsync(new NewModelVersion { Model = "pizza" }),
            () => world.Models.RegisterAsync(new NewModelVersion { Model = "pizza", Files = [ArtifactSource.FromText("../up", "")] }),
        })
        {
            Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(wrong)).Kind);
        }

        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Models.GetVersionAsync("pizza", 9))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Models.RegisterAsync(new NewModelVersion { Model = "none", CreateModel = false, Source = "x" }))).Kind);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => world.Models.CreateAsync("pizza"))).Kind);
    }

    [Fact]
    public async Task The_ledger_tells_every_change_of_an_alias_and_who_was_champion_when()
    {
        await using var world = await WorldAsync();
        var start = _time.GetUtcNow();
        for (var i = 0; i < 3; i++)
        {
            await world.RegisterAsync("pizza");
        }

        var verdict = JsonSerializer.Deserialize<JsonElement>("""{"accuracy":{"champion":0.9,"challenger":0.93},"p":0.01}""");
        _time.Advance(TimeSpan.FromHours(1));
        await world.Models.SetAliasAsync("pizza", "champion", 1, ByAda);
        _time.Advance(TimeSpan.FromHours(1));
        await world.Models.SetAliasAsync("pizza", "champion", 2, ByAda with { Verdict = verdict, ExpectedVersion = 1 });
        await world.Models.SetAliasAsync("pizza", "challenger", 3, ByAda with { ExpectedVersion = 0 });
        Assert.Null(await world.Models.SetAliasAsync("pizza", "champion", 2, ByAda));
        _time.Advance(TimeSpan.FromHours(1));
        await world.Models.KeepAliasAsync("pizza", "champion", 3, ByAda with { Reason = "no better", Verdict = verdict });
        await world.Models.RollBackAsync("pizza", "champion", new AliasChange("bob", "it was slow"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => world.Models.SetAliasAsync("pizza", "champion", 3, ByAda with { ExpectedVersion = 2 }))).Kind);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => world.Models.RollBackAsync("pizza", "champion", ByAda))).Kind);

        var ledger = await world.Models.LedgerAsync("pizza", "champion");
        Assert.Equal(
            [(LedgerKind.RolledBack, 2L, 1L, null), (LedgerKind.Kept, 2, 2, 3), (LedgerKind.Set, 1, 2, 2), (LedgerKind.Set, null, 1, 1)],
            ledger.Select(static e => (e.Kind, e.From, e.To, e.Candidate)).Cast<(LedgerKind, long?, long?, long?)>());
        Assert.Equal(("bob", "it was slow", start.AddHours(3)), (ledger[0].Who, ledger[0].Reason, ledger[0].At));
        Assert.Equal(0.93, ledger[2].Verdict!.Value.GetProperty("accuracy").GetProperty("challenger").GetDouble());
        long?[] then = await Task.WhenAll(new[] { 0.5, 1, 2.5, 9 }.Select(h => world.Models.FindByAliasAtAsync("pizza", "champion", start.AddHours(h))));
        Assert.Equal<long?>([null, 1, 2, 1], then);
        Assert.Equal((1, 3), ((await world.Models.FindByAliasAsync("pizza", "champion"))!.Version, (await world.Models.FindByAliasAsync("pizza", "challenger"))!.Version));
        Assert.Equal(["challenger"], (await world.Models.GetVersionAsync("pizza", 3)).Aliases);
        Assert.Equal([new("challenger", 3), new("champion", 1)], (await world.Models.GetAsync("pizza")).Aliases);
        Assert.Equal(2, (await world.Models.LedgerAsync("pizza", null, ledger[1].Number, 2)).Count);

        // A clock that is set back does not change what was.
        _time.JumpTo(start);
        await world.Models.SetAliasAsync("pizza", "champion", 3, ByAda);
        Assert.Equal(2, await world.Models.FindByAliasAtAsync("pizza", "champion", start.AddHours(2.999)));
        Assert.Equal(3, await world.Models.FindByAliasAtAsync("pizza", "champion", start.AddHours(3)));
    }

    [Fact]
    public async Task Rolled_back_twice_an_alias_goes_back_further_past_versions_that_are_gone()
    {
        await using var world = await WorldAsync();
        for (var i = 1; i <= 4; i++)
        {
            await world.RegisterAsync("pizza");
            await world.Models.SetAliasAsync("pizza", "champion", i, ByAda);
        }

        await world.Models.DeleteVersionAsync("pizza", 2, ByAda);
        Assert.Equal(3, (await world.Models.RollBackAsync("pizza", "champion", ByAda)).To);
        Assert.Equal(1, (await world.Models.RollBackAsync("pizza", "champion", ByAda)).To);
        await Assert.ThrowsAsync<TarnException>(() => world.Models.RollBackAsync("pizza", "champion", ByAda));
        await world.Models.SetAliasAsync("pizza", "champion", 4, ByAda);
        Assert.Equal(1, (await world.Models.RollBackAsync("pizza", "champion", ByAda)).To);
        await world.Models.DeleteAliasAsync("pizza", "champion", ByAda);
        Assert.Null(await world.Models.DeleteAliasAsync("pizza", "champion", ByAda));
        Assert.Null(await world.Models.FindByAliasAsync("pizza", "champion"));
        await Assert.ThrowsAsync<TarnException>(() => world.Models.RollBackAsync("pizza", "champion", ByAda));
        foreach (var wrong in new[] { "", "latest", "v3", "a b", new string('a', 256) })
        {
            Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => world.Models.SetAliasAsync("pizza", wrong, 1, ByAda))).Kind);
        }
    }

    [Fact]
    public async Task The_ledger_outlives_versions_names_and_models_and_numbers_are_not_used_again()
    {
        await using var world = await WorldAsync();
        await world.RegisterAsync("pizza");
        await world.Models.SetAliasAsync("pizza", "champion", 1, ByAda);
        await world.Models.SetTagAsync("pizza", "task", "photos");
        await world.Models.DescribeAsync("pizza", "Is it one?");
        await world.Models.RenameAsync("pizza", "pizzas");
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Models.GetAsync("pizza"))).Kind);
        var other = await world.RegisterAsync("pizza");
        Assert.Equal(2, other.Version);
        Assert.NotEqual("models/pizza/2", other.Folder);
        Assert.Equal("models/pizza/2", (await world.RegisterAsync("pizzas")).Folder);
        var renamed = await world.Models.GetAsync("pizzas");
        Assert.Equal(("Is it one?", "photos"), (renamed.Description, renamed.Tags.Single().Value));

        await world.Models.DeleteVersionAsync("pizzas", 1, ByAda with { Reason = "wrong labels" });
        Assert.Null(await world.Objects.HeadAsync("models/pizza/1/model.onnx"));
        Assert.Equal((LedgerKind.Removed, 1L, null, "wrong labels"), (await world.Models.LedgerAsync("pizzas")).Select(static e => (e.Kind, e.From, e.To, e.Reason)).First());
        await world.Models.DeleteAsync("pizzas", ByAda);
        Assert.Null(await world.Objects.HeadAsync("models/pizza/2/model.onnx"));
        Assert.NotEmpty(await world.Models.LedgerAsync("pizzas"));
        Assert.Equal(3, (await world.RegisterAsync("pizzas")).Version);
    }

    [Fact]
    public async Task What_changes_is_told_to_who_listens()
    {
        await using var world = await WorldAsync();
        var told = System.Threading.Channels.Channel.CreateUnbounded<string?>();
        using var listening = world.Models.Listen(m => told.Writer.TryWrite(m));
        if (world.Store.IsShared)
        {
            // A store elsewhere begins by saying that some may have been missed.
            Assert.Null(await told.Reader.ReadAsync(TestContext.Current.CancellationToken));
        }

        await world.RegisterAsync("pizza");
        Assert.Equal("pizza", await told.Reader.ReadAsync(TestContext.Current.CancellationToken));
        await world.RegisterAsync("loans");
        while (await told.Reader.ReadAsync(TestContext.Current.CancellationToken) is not "loans")
        {
            // Equal signals may come once or several times.
        }
    }

    [Fact]
    public async Task A_registration_that_fails_or_is_cut_off_leaves_nothing_to_be_seen()
    {
        var fails = Fault.None;
        await using var world = await RegistryWorld.OpenAsync(
            await OpenAsync(), _time, objects => new FaultyObjectStore(objects, call => call.Operation == "put-file" && call.Path.EndsWith("signature.json", StringComparison.Ordinal) ? fails : Fault.None));
        await world.RegisterAsync("pizza");
        foreach (var fault in new[] { Fault.Before, Fault.After })
        {
            fails = fault;
            await Assert.ThrowsAnyAsync<Exception>(() => world.RegisterAsync("pizza"));
        }

        fails = Fault.None;
        Assert.Equal([1L], (await world.Models.ListVersionsAsync("pizza")).Select(static v => v.Version));
        Assert.Equal(["models/pizza/1/extra/labels.txt", "models/pizza/1/model.onnx", "models/pizza/1/signature.json"], await FilesAsync(world));

        // What a process that was killed leaves: files and no row, and half of a write.
        await world.Objects.PutAsync("models/pizza/4/model.onnx", "half"u8.ToArray());
        await world.Objects.PutAsync("models/gone/1/model.onnx", "half"u8.ToArray());
        Assert.Equal(0, await world.Another().SweepAsync(TimeSpan.FromDays(1)));
        Assert.Equal(2, await world.Another().SweepAsync(TimeSpan.Zero));
        Assert.Equal(3, (await FilesAsync(world)).Length);
        Assert.Equal(4, (await world.RegisterAsync("pizza")).Version);
    }

    private static async Task<string[]> FilesAsync(RegistryWorld world)
    {
        var found = new List<string>();
        await foreach (var file in world.Objects.ListAsync("models"))
        {
            found.Add(file.Path);
        }

        return [.. found];
    }
}
