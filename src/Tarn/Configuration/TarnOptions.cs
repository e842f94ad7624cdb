namespace Tarn;

/// <summary>The host's own settings, at the top of the configuration.</summary>
internal sealed class TarnOptions
{
    public const string DataKey = "Data";
    public const string UrlsKey = "Urls";
    public const string DefaultData = ".tarn";
    public const string DefaultUrls = "http://127.0.0.1:8080";
}
