using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>
/// Listens to the meters of the web server, of the runtime and of this program, and keeps what they measure for the page of metrics. Of other programs' parts in the same process (those of
/// another service provider) it takes nothing.
/// </summary>
internal sealed partial class HostMeters : IDisposable
{
    private static readonly string[] Names = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<InstrumentTable> _tables = [];
    private readonly IMeterFactory _scope;
    private readonly ILogger _log;
    private int _collection;

    public HostMeters(IMeterFactory scope, ILoggerFactory loggers)
    {
        (_scope, _log) = (scope, loggers.CreateLogger<HostMeters>());
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, table) => ((InstrumentTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, table) => ((InstrumentTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, table) => ((InstrumentTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, table) => ((InstrumentTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, table) => ((InstrumentTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, table) => ((InstrumentTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, table) => ((InstrumentTable)table!).Record((double)value, tags));
        _listener.Start();
    }

    /// <summary>Asks the instruments that are to be asked, and writes a family for each that has measured something, by name.</summary>
    public void Write(MetricsWriter to)
    {
        lock (_gate)
        {
            _collection++;
            foreach (var table in _tables)
            {
                table.Collection = _collection;
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException error)
            {
                // What one instrument cannot tell is missing; the others have told.
                LogNotTold(error);
            }

            string? last = null;
            foreach (var table in _tables.OrderBy(static t => t.Name, StringComparer.Ordinal))
            {
                if (table.Name != last)
                {
                    table.Write(to);
                    last = table.Name;
                }
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!IsOurs(instrument))
        {
            return;
        }

        var table = new InstrumentTable(instrument);
        lock (_gate)
        {
            _tables.Add(table);
        }

        listener.EnableMeasurementEvents(instrument, table);
    }

    private bool IsOurs(Instrument instrument)
    {
        var meter = instrument.Meter;
        return (meter.Name.StartsWith("Tarn.", StringComparison.Ordinal) || Names.Contains(meter.Name))
            && (meter.Scope is null || ReferenceEquals(meter.Scope, _scope))
            && !(meter.Name == ServingTelemetry.Name && instrument.Name == ServingTelemetry.DurationName);
    }

    [LoggerMessage(5121, LogLevel.Warning, "Some metrics cannot be told")]
    private partial void LogNotTold(Exception error);
}
