using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Tarn;

/// <summary>What is told of the program to those who watch it, from the section <c>Telemetry</c>.</summary>
internal sealed class TelemetryPlan
{
    public const string Section = "Telemetry";
    private const string OtlpKey = "Otlp";

    private TelemetryPlan(TelemetrySettings settings, OtlpSettings otlp) => (HasPage, ServiceName, Otlp) = (settings.Metrics, settings.ServiceName, otlp.Endpoint is null ? null : otlp);

    /// <summary>Whether there is <c>/metrics</c>.</summary>
    public bool HasPage { get; }

    /// <summary>What the program is called in traces and metrics that are sent.</summary>
    public string ServiceName { get; }

    /// <summary>Where they are sent; null where they are not.</summary>
    public OtlpSettings? Otlp { get; }

    /// <summary>Reads the section.</summary>
    public static TelemetryPlan Read(IConfigurationSection section, List<OptionError> errors) =>
        new(OptionsReader.Read<TelemetrySettings>(section, errors, OtlpKey), OptionsReader.Read<OtlpSettings>(section.GetSection(OtlpKey), errors));
}

/// <summary>The section <c>Telemetry</c>, but for what is sent.</summary>
internal sealed class TelemetrySettings
{
    public bool Metrics { get; set; } = true;

    [StringLength(100, MinimumLength = 1, ErrorMessage = "It has 1 to 100 characters.")]
    public string ServiceName { get; set; } = "tarn";
}

/// <summary>The section <c>Telemetry:Otlp</c>: where metrics and traces are sent by OpenTelemetry's protocol.</summary>
internal sealed class OtlpSettings : IValidatableObject
{
    public const string Grpc = "grpc";
    public const string HttpProtobuf = "http/protobuf";

    /// <summary>The collector, as in http://127.0.0.1:4318; null: nothing is sent, and nothing of it is loaded.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>http/protobuf or grpc.</summary>
    public string Protocol { get; set; } = HttpProtobuf;

    /// <summary>Headers of each message, as in <c>name=value,name=value</c>.</summary>
    public string Headers { get; set; } = "";

    /// <summary>How often metrics are sent.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MetricInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The part of the traces that begin here which is sent; those that callers began are as they decided.</summary>
    [Range(0.0, 1.0)]
    public double TraceRatio { get; set; } = 1;

    public bool IsGrpc => Protocol == Grpc;

    /// <summary>Where one kind of message goes.</summary>
    /// <param name="signal">traces or metrics.</param>
    public Uri Address(string signal) => IsGrpc ? Endpoint! : new Uri($"{Endpoint!.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/{signal}{Endpoint.Query}");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint is not null && Endpoint.Scheme is not ("http" or "https"))
        {
            yield return new ValidationResult("It is the http or https URL of a collector, as in http://127.0.0.1:4318.", [nameof(Endpoint)]);
        }

        if (Protocol is not (Grpc or HttpProtobuf))
        {
            yield return new ValidationResult($"It is {HttpProtobuf} or {Grpc}.", [nameof(Protocol)]);
        }
    }
}
