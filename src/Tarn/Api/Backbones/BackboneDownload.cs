using Tarn.Core;
using Tarn.Training;

namespace Tarn;

/// <summary>Fetches the files of backbones from where the catalogue says.</summary>
internal sealed class BackboneDownload : IDisposable
{
    /// <summary>The largest file that is taken: what fits in one buffer, and in one ONNX file.</summary>
    public const long MostBytes = 2_000_000_000;

    // A collection that redirects to its file store is followed; proxies are the environment's.
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(30), MaxResponseContentBufferSize = MostBytes };

    /// <summary>An entry's file, its hash checked where the catalogue has one.</summary>
    /// <exception cref="TarnException">The entry has no address, the address does not answer, or what came is not the file.</exception>
    public async Task<byte[]> FetchAsync(BackboneEntry entry, CancellationToken cancellation)
    {
        if (entry.Url is not { } url)
        {
            throw TarnException.InvalidInput($"The backbone {entry.Name} cannot be fetched: the catalogue has no address for it.", entry.Name, BackboneCatalog.HowToGet(entry));
        }

        byte[] file;
        try
        {
            file = await _http.GetByteArrayAsync(url, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                $"The file of the backbone {entry.Name} could not be fetched: {exception.Message}",
                url,
                $"Fetch it elsewhere and give it by `tarn backbones add {entry.Name} --file FILE`.",
                exception);
        }

        return entry.Sha256 is { } expected && Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)) is var found && found != expected
            ? throw TarnException.Corrupt($"The file of the backbone {entry.Name} has the SHA-256 {expected}; what was fetched has {found} ({file.Length} bytes).", url, "Look at what is there, and give the right file by --file.")
            : file;
    }

    public void Dispose() => _http.Dispose();
}
