using System.ComponentModel.DataAnnotations;
using Tarn.Serving;

namespace Tarn;

/// <summary>A remote cluster as the configuration has it: <see cref="RemoteOptions"/>, with the URLs as one text.</summary>
internal sealed class RemoteSettings : IValidatableObject
{
    private static readonly RemoteOptions Defaults = new();

    public string Urls { get; set; } = "";

    public string Model { get; set; } = "";

    public string ApiKey { get; set; } = "";

    public RemoteKind Kind { get; set; } = Defaults.Kind;

    public string HealthPath { get; set; } = Defaults.HealthPath;

    public TimeSpan HealthInterval { get; set; } = Defaults.HealthInterval;

    public TimeSpan Timeout { get; set; } = Defaults.Timeout;

    public TimeSpan ConnectTimeout { get; set; } = Defaults.ConnectTimeout;

    public int Attempts { get; set; } = Defaults.Attempts;

    public int MaxRequestBytes { get; set; } = Defaults.MaxRequestBytes;

    public TimeSpan Ejection { get; set; } = Defaults.Ejection;

    public double SlowFactor { get; set; } = Defaults.SlowFactor;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => ToOptions().Errors().Select(static e => new ValidationResult(e));

    public RemoteOptions ToOptions() => new()
    {
        Urls = [.. Urls.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
        Model = Model.Length == 0 ? null : Model,
        ApiKey = ApiKey.Length == 0 ? null : ApiKey,
        Kind = Kind,
        HealthPath = HealthPath,
        HealthInterval = HealthInterval,
        Timeout = Timeout,
        ConnectTimeout = ConnectTimeout,
        Attempts = Attempts,
        MaxRequestBytes = MaxRequestBytes,
        Ejection = Ejection,
        SlowFactor = SlowFactor,
    };
}
