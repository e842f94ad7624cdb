using Tarn.Registry;

namespace Tarn;

/// <summary><c>model-versions/…</c>.</summary>
internal static class MlflowVersions
{
    /// <summary>
    /// Registers a version. Where the source is an artifact that is kept here, its files are copied into the version's own folder, so that nothing done to the run's artifacts later changes them.
    /// </summary>
    public static async Task CreateAsync(MlflowCall call)
    {
        var f = call.Fields;
        var source = f.Required("source");
        var version = await call.Registry.Models.RegisterAsync(
            new NewModelVersion
            {
                Model = f.Required("name"),
                CreateModel = false,
                Source = source,
                Files = await FilesAsync(call, source),
                RunId = f.Text("run_id"),
                RunLink = f.Text("run_link"),
                Description = f.Text("description") ?? "",
                Tags = f.Pairs("tags"),
            },
            call.Cancellation);
        await AnswerAsync(call, version);
    }

    public static async Task GetAsync(MlflowCall call) => await AnswerAsync(call, await call.Registry.Models.GetVersionAsync(Name(call), Number(call), call.Cancellation));

    public static async Task UpdateAsync(MlflowCall call) =>
        await AnswerAsync(call, await call.Registry.Models.DescribeVersionAsync(Name(call), Number(call), call.Fields.Text("description") ?? "", call.Cancellation));

    public static async Task DeleteAsync(MlflowCall call)
    {
        await call.Registry.Models.DeleteVersionAsync(Name(call), Number(call), call.Change with { Reason = "The version was deleted." }, call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task SearchAsync(MlflowCall call)
    {
        var page = await call.Registry.Models.SearchVersionsAsync(Search(call.Fields, 10_000, 200_000), call.Cancellation);
        await call.AnswerAsync(new MlflowVersionsAnswer(MlflowViews.OrNull(page.Items.Select(MlflowViews.Of)), MlflowFields.Token(page.NextOffset)), MlflowJson.Default.MlflowVersionsAnswer);
    }

    public static async Task DownloadUriAsync(MlflowCall call) => await call.AnswerAsync(
        new MlflowUriAnswer((await call.Registry.Models.GetVersionAsync(Name(call), Number(call), call.Cancellation)).DownloadUri), MlflowJson.Default.MlflowUriAnswer);

    public static async Task TransitionAsync(MlflowCall call) => await AnswerAsync(
        call,
        await call.Registry.Models.TransitionStageAsync(Name(call), Number(call), call.Fields.Required("stage"), call.Fields.Flag("archive_existing_versions"), call.Cancellation));

    public static async Task SetTagAsync(MlflowCall call)
    {
        await call.Registry.Models.SetVersionTagAsync(Name(call), Number(call), call.Fields.Required("key"), call.Fields.Given("value"), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task DeleteTagAsync(MlflowCall call)
    {
        await call.Registry.Models.DeleteVersionTagAsync(Name(call), Number(call), call.Fields.Required("key"), call.Cancellation);
        await call.AnswerAsync();
    }

    /// <summary>What is searched for.</summary>
    public static ModelSearch Search(MlflowFields fields, int otherwise, int most) => new()
    {
        Filter = fields.Text("filter"),
        OrderBy = fields.Texts("order_by"),
        Limit = fields.MaxResults(otherwise, most),
        Offset = fields.Offset(),
    };

    private static string Name(MlflowCall call) => call.Fields.Required("name");

    private static long Number(MlflowCall call) => MlflowViews.VersionNumber(call.Fields.Required("version"));

    private static Task AnswerAsync(MlflowCall call, ModelVersion version) => call.AnswerAsync(new MlflowVersionAnswer(MlflowViews.Of(version)), MlflowJson.Default.MlflowVersionAnswer);

    private static async Task<IReadOnlyList<ArtifactSource>> FilesAsync(MlflowCall call, string source)
    {
        if (await PathAsync(call, source) is not { } folder)
        {
            return [];
        }

        var artifacts = call.Registry.Artifacts;
        var files = await artifacts.ListFilesAsync(folder, call.Cancellation);
        return files.Count > 0 || !await ExistsAsync(artifacts, folder, call.Cancellation)
            ? [.. files.Select(f => Copy(artifacts, f.Path, $"{folder}/{f.Path}"))]
            : [Copy(artifacts, folder[(folder.LastIndexOf('/') + 1)..], folder)];
    }

    private static async Task<string?> PathAsync(MlflowCall call, string source)
    {
        if (source.StartsWith("runs:/", StringComparison.Ordinal))
        {
            var parts = source["runs:/".Length..].Split('/', 2);
            var run = await call.Registry.Runs.GetAsync(parts[0], call.Cancellation);
            return ArtifactStore.PathOf(parts.Length == 2 ? $"{run.ArtifactLocation}/{parts[1]}" : run.ArtifactLocation);
        }

        return ArtifactStore.PathOf(source);
    }

    private static async Task<bool> ExistsAsync(ArtifactStore artifacts, string path, CancellationToken cancellation)
    {
        await using var stream = await artifacts.OpenAsync(path, cancellation);
        return stream is not null;
    }

    private static ArtifactSource Copy(ArtifactStore artifacts, string path, string from) => ArtifactSource.FromStream(
        path,
        async cancellation => await artifacts.OpenAsync(from, cancellation) ?? throw new MlflowFault(MlflowFault.Missing, $"The artifact {from} was removed while it was being registered."));
}
