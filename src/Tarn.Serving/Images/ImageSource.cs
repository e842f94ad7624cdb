using Tarn.Core;

namespace Tarn.Serving;

/// <summary>A picture of a request: its file's bytes, or the URL where it is, or why neither could be had.</summary>
internal sealed class ImageSource : IDisposable
{
    private IDisposable? _owner;

    /// <summary>The file's bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>Where it is to be fetched from; null where the bytes are there.</summary>
    public string? Url { get; private init; }

    /// <summary>Why it cannot be asked about.</summary>
    public TarnException? Error { get; set; }

    /// <summary>How long it took to fetch.</summary>
    public TimeSpan Fetched { get; private set; }

    public static ImageSource Of(ReadOnlyMemory<byte> bytes) => new() { Bytes = bytes };

    public static ImageSource Of(TarnException error) => new() { Error = error };

    public static ImageSource At(string url) => new() { Url = url };

    /// <summary>Gives it the bytes that were fetched; they are disposed of with it.</summary>
    public void Take(FetchedContent content)
    {
        _owner = content;
        (Bytes, Fetched) = (content.Bytes, content.Waited + content.ToHeaders + content.Body);
    }

    public void Dispose() => _owner?.Dispose();
}
