using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Tarn.Registry;

namespace Tarn;

/// <summary><c>artifacts/list</c>, and the artifacts that clients reach through the server: <c>mlflow-artifacts/artifacts/…</c>.</summary>
internal static class MlflowArtifacts
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    public static async Task ListOfRunAsync(MlflowCall call)
    {
        var run = await call.Registry.Runs.GetAsync(call.Fields.RunId(), call.Cancellation);
        var within = (call.Fields.Text("path") ?? "").Trim('/');
        var folder = ArtifactStore.FolderOf(run);
        var found = await call.Registry.Artifacts.ListAsync(Checked(within.Length == 0 ? folder : $"{folder}/{within}"), call.Cancellation);
        await call.AnswerAsync(
            new MlflowFilesAnswer(run.ArtifactLocation, MlflowViews.OrNull(found.Select(f => new MlflowFile(within.Length == 0 ? f.Path : $"{within}/{f.Path}", f.IsFolder, f.Size)))),
            MlflowJson.Default.MlflowFilesAnswer);
    }

    public static async Task ListAsync(MlflowCall call)
    {
        var found = await call.Registry.Artifacts.ListAsync(PathOf(call.Fields.Text("path") ?? ""), call.Cancellation);
        await call.AnswerAsync(new MlflowFilesAnswer(null, MlflowViews.OrNull(found.Select(static f => new MlflowFile(f.Path, f.IsFolder, f.Size)))), MlflowJson.Default.MlflowFilesAnswer);
    }

    public static async Task DownloadAsync(HttpContext http, ModelRegistry registry, string path)
    {
        await using var content = await registry.Artifacts.OpenAsync(PathOf(path), http.RequestAborted) ?? throw new MlflowFault(MlflowFault.Missing, $"No such artifact: '{path}'");
        await SendAsync(http, path, content);
    }

    public static async Task UploadAsync(HttpContext http, ModelRegistry registry, string path)
    {
        await registry.Artifacts.PutAsync(Changeable(path), http.Request.Body, http.RequestAborted);
        await new MlflowCall(http, registry, default).AnswerAsync();
    }

    public static async Task DeleteAsync(HttpContext http, ModelRegistry registry, string path)
    {
        await registry.Artifacts.DeleteAsync(Changeable(path), http.RequestAborted);
        await new MlflowCall(http, registry, default).AnswerAsync();
    }

    /// <summary>Sends a file's bytes; as a download, so that none of them runs in the page of this server.</summary>
    public static async Task SendAsync(HttpContext http, string path, Stream content)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        http.Response.ContentType = Types.TryGetContentType(name, out var type) ? type : "application/octet-stream";
        http.Response.ContentLength = content.Length;
        http.Response.Headers.ContentDisposition = $"attachment; filename*=UTF-8''{Uri.EscapeDataString(name)}";
        await content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static string PathOf(string path) => Checked(ArtifactStore.PathOfProxied(path));

    private static string Changeable(string path)
    {
        var found = PathOf(path);
        return found.StartsWith("models/", StringComparison.Ordinal)
            ? throw new MlflowFault(MlflowFault.Denied, "The files of a model version never change: register another one.")
            : found;
    }

    private static string Checked(string? path) =>
        path is not null && !path.Split('/').Any(static p => p is "" or "." or "..") ? path : throw new MlflowFault(MlflowFault.Invalid, "Invalid path: it leads out of the artifacts.");
}
