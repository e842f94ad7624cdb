using System.Globalization;

namespace Tarn.Registry;

/// <summary>
/// URIs of artifacts that the registry keeps itself: <c>mlflow-artifacts:/…</c>, the scheme by which MLflow's clients ask the server for their bytes. A host may stand in them
/// (<c>mlflow-artifacts://host:port/…</c>); whose it is does not matter here.
/// </summary>
internal static class ArtifactUris
{
    public const string Scheme = "mlflow-artifacts:";

    /// <summary>The folder in the store of runs' artifacts.</summary>
    public const string RunsFolder = "artifacts";

    /// <summary>The folder in the store of models' versions; also how their URIs begin.</summary>
    public const string ModelsFolder = "models";

    public static string OfExperiment(long id) => string.Create(CultureInfo.InvariantCulture, $"{Scheme}/{id}");

    public static string OfRun(string experimentLocation, string run) => $"{experimentLocation}/{run}/artifacts";

    public static string OfFolder(string folder) => $"{Scheme}/{string.Join('/', folder.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>The path in the store that a URI names; null where the artifact is kept elsewhere, or the URI leads out of the store.</summary>
    public static string? PathOf(string uri)
    {
        if (!uri.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = uri[Scheme.Length..];
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            var slash = rest.IndexOf('/', 2);
            rest = slash < 0 ? "" : rest[slash..];
        }

        return PathOfProxied(Uri.UnescapeDataString(rest.Trim('/')));
    }

    /// <summary>The path in the store of what clients ask the server for by a path of their own: a model's file, or a run's.</summary>
    public static string? PathOfProxied(string path)
    {
        if (path.Split('/').Any(static p => p is "." or "..") || path.Contains('\\', StringComparison.Ordinal))
        {
            return null;
        }

        return path.StartsWith(ModelsFolder + "/", StringComparison.Ordinal) || path == ModelsFolder ? path
            : path.Length == 0 ? RunsFolder
            : $"{RunsFolder}/{path}";
    }
}
