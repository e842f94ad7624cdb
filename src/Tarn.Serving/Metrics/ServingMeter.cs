using System.Diagnostics.Metrics;

namespace Tarn.Serving;

/// <summary>
/// What serving counts anyway, as instruments of the meter <see cref="ServingTelemetry.Name"/>, which whoever exports metrics asks. There are as many series as there are endpoints and
/// variants, and models and versions.
/// </summary>
internal sealed class ServingMeter
{
    private readonly ModelServer _models;
    private readonly EndpointStats? _endpoints;

    public ServingMeter(IMeterFactory meters, ModelServer models, EndpointStats? endpoints, ShadowCalls? shadows, PredictionLog? predictions, AccessLog access)
    {
        (_models, _endpoints) = (models, endpoints);
        var meter = meters.Create(ServingTelemetry.Name);
        meter.CreateObservableCounter("tarn.serving.requests", () => Variants(static c => c.Requests), "{request}", "Requests that an endpoint's variant, or a shadow, has answered.");
        meter.CreateObservableCounter("tarn.serving.errors", () => Variants(static c => c.Errors), "{request}", "Those that were answered with an error that is not the client's.");
        meter.CreateObservableCounter(
            "tarn.serving.feedback", () => Pairs("feedback", ("positive", static c => c.Positive), ("negative", static c => c.Negative)), "{answer}", "What people thought of a variant's answers.");
        meter.CreateObservableCounter(
            "tarn.serving.agreement", () => Pairs("agreement", ("agreed", static c => c.Agreed), ("disagreed", static c => c.Disagreed)), "{answer}", "Whether a shadow's answers agreed with those that were given.");
        meter.CreateObservableUpDownCounter("tarn.serving.queue.length", () => Models(static m => m.Waiting), "{request}", "Requests that wait for a model.");
        meter.CreateObservableUpDownCounter("tarn.serving.instances.free", () => Models(static m => m.FreeInstances), "{instance}", "Instances of a model that do nothing.");
        meter.CreateObservableUpDownCounter("tarn.serving.model.memory", () => Models(static m => m.HeldBytes() ?? 0), "By", "Bytes that the runtime holds for a version: its weights, and the memory of its largest runs.");
        meter.CreateObservableCounter("tarn.serving.access_log.dropped", () => access.Dropped, "{line}", "Lines of the access log that were not written since the log could not keep up.");
        if (shadows is not null)
        {
            meter.CreateObservableCounter("tarn.serving.shadow.dropped", () => shadows.Dropped, "{request}", "Requests that shadows did not see since they could not keep up.");
        }

        if (predictions is not null)
        {
            meter.CreateObservableUpDownCounter("tarn.serving.prediction_log.unmoved", () => predictions.Status.UnmovedBytes, "By", "Bytes of predictions that are recorded and not yet in their topic.");
            meter.CreateObservableCounter("tarn.serving.prediction_log.moved", () => predictions.Status.Moved, "{prediction}", "Predictions that were moved to their topic.");
            meter.CreateObservableCounter("tarn.serving.prediction_log.dropped", () => predictions.Status.Dropped, "{prediction}", "Predictions that were not recorded since the journal was full.");
        }
    }

    private IEnumerable<Measurement<long>> Variants(Func<VariantTotals, long> value)
    {
        foreach (var (endpoint, variant, stats) in _endpoints?.All ?? [])
        {
            yield return new(value(stats.ReadTotals()), new("endpoint", endpoint), new("variant", variant));
        }
    }

    private IEnumerable<Measurement<long>> Pairs(string tag, params (string Name, Func<VariantTotals, long> Value)[] parts)
    {
        foreach (var (endpoint, variant, stats) in _endpoints?.All ?? [])
        {
            var totals = stats.ReadTotals();
            foreach (var (name, value) in parts)
            {
                yield return new(value(totals), new("endpoint", endpoint), new("variant", variant), new(tag, name));
            }
        }
    }

    private IEnumerable<Measurement<T>> Models<T>(Func<LoadedModel, T> value)
        where T : struct
    {
        foreach (var model in _models.Table.All)
        {
            foreach (var loaded in model.Loaded)
            {
                yield return new(value(loaded), new("model", loaded.Name), new("version", loaded.VersionText));
            }
        }
    }
}
