using Microsoft.Extensions.Configuration;
using Xunit;

namespace Tarn.Tests;

public sealed class TelemetryPlanTests
{
    [Fact]
    public void Nothing_is_sent_by_default_and_the_page_is_there()
    {
        var plan = Read([], out var errors);
        Assert.Empty(errors);
        Assert.Equal((null, true, "tarn"), (plan.Otlp, plan.HasPage, plan.ServiceName));
    }

    [Theory]
    [InlineData("http://collector:4318", "http/protobuf", "http://collector:4318/v1/traces")]
    [InlineData("https://collector/otlp/", "http/protobuf", "https://collector/otlp/v1/traces")]
    [InlineData("http://collector:4318/?key=1", "http/protobuf", "http://collector:4318/v1/traces?key=1")]
    [InlineData("http://collector:4317", "grpc", "http://collector:4317/")]
    public void Each_signal_has_its_address(string endpoint, string protocol, string address)
    {
        var plan = Read(new() { ["Telemetry:Otlp:Endpoint"] = endpoint, ["Telemetry:Otlp:Protocol"] = protocol }, out var errors);
        Assert.Empty(errors);
        Assert.Equal(address, plan.Otlp!.Address("traces").AbsoluteUri);
    }

    [Theory]
    [InlineData("Telemetry:Otlp:Endpoint", "ftp://collector")]
    [InlineData("Telemetry:Otlp:Protocol", "thrift")]
    [InlineData("Telemetry:Otlp:TraceRatio", "1.5")]
    [InlineData("Telemetry:Otlp:MetricInterval", "10ms")]
    [InlineData("Telemetry:Otlp:Endpoints", "x")]
    [InlineData("Telemetry:Metrics", "sometimes")]
    public void What_breaks_a_rule_is_an_error_of_its_key(string key, string value)
    {
        Read(new() { [key] = value }, out var errors);
        Assert.Equal([key], errors.Select(static e => e.Key));
    }

    [Fact]
    public void The_access_log_has_its_levels()
    {
        var errors = new List<OptionError>();
        ServingPlan Plan(string level) => ServingPlan.Read(new ConfigurationBuilder().AddInMemoryCollection([new("Serving:AccessLog", level)]).Build().GetSection("Serving"), errors);
        Assert.Equal([Serving.AccessLogLevel.Off, Serving.AccessLogLevel.Errors, Serving.AccessLogLevel.All], new[] { "off", "", "All" }.Select(l => Plan(l).AccessLog.Level));
        Assert.Empty(errors);
        Plan("some");
        Assert.Equal(("Serving:AccessLog", "It is one of off, errors, all."), (Assert.Single(errors).Key, errors[0].Rule));
    }

    private static TelemetryPlan Read(Dictionary<string, string?> values, out List<OptionError> errors)
    {
        errors = [];
        return TelemetryPlan.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("Telemetry"), errors);
    }
}
