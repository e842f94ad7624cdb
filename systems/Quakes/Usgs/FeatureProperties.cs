using System.Text.Json;
using Quakes.Catalogue;

namespace Quakes.Usgs;

/// <summary>
/// The properties of a feature. All but the times are optional and may be null; one of the wrong type is a reason to set
/// the feature aside, because a guess would be indistinguishable from what the source said.
/// </summary>
internal sealed class FeatureProperties
{
    private double? _mag;
    private string? _place;
    private DateTimeOffset? _time;
    private DateTimeOffset? _updated;
    private string? _url;
    private string? _detail;
    private long? _felt;
    private double? _cdi;
    private double? _mmi;
    private string? _alert;
    private string? _status;
    private long? _tsunami;
    private long? _sig;
    private string? _net;
    private string? _code;
    private string? _ids;
    private string? _sources;
    private string? _types;
    private long? _nst;
    private double? _dmin;
    private double? _rms;
    private double? _gap;
    private string? _magType;
    private string? _eventType;
    private string? _title;

    public DateTimeOffset? Time => _time;

    public DateTimeOffset? Updated => _updated;

    public string? Status => _status;

    /// <summary>Reads to the end of the object, and gives the first broken rule, or null.</summary>
    public string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return "properties must be an object.";
        }

        string? reason = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var broken = ReadOne(ref reader);
            reason ??= broken;
        }

        return reason;
    }

    public Earthquake ToEarthquake(string id, bool deleted) => new()
    {
        Id = id,
        Time = _time.GetValueOrDefault(),
        Updated = _updated.GetValueOrDefault(),
        VersionTime = _updated.GetValueOrDefault(),
        IsDeleted = deleted,
        Status = _status?.ToLowerInvariant(),
        Mag = _mag,
        Place = _place,
        Url = _url,
        Detail = _detail,
        Felt = _felt,
        Cdi = _cdi,
        Mmi = _mmi,
        Alert = _alert,
        Tsunami = _tsunami,
        Sig = _sig,
        Net = _net,
        Code = _code,
        Ids = _ids,
        Sources = _sources,
        Types = _types,
        Nst = _nst,
        Dmin = _dmin,
        Rms = _rms,
        Gap = _gap,
        MagType = _magType,
        EventType = _eventType,
        Title = _title,
    };

    /// <summary>The text that the reader stands on; false where it is not valid UTF-8, or an escape is half a character.</summary>
    public static bool TryText(ref Utf8JsonReader reader, out string? text)
    {
        try
        {
            text = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            // The reader checks the encoding only when the text is asked for.
            text = null;
            return false;
        }
    }

    private string? ReadOne(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("mag"u8)) return Number(ref reader, "mag", ref _mag);
        if (reader.ValueTextEquals("place"u8)) return Text(ref reader, "place", ref _place);
        if (reader.ValueTextEquals("time"u8)) return Instant(ref reader, "time", ref _time);
        if (reader.ValueTextEquals("updated"u8)) return Instant(ref reader, "updated", ref _updated);
        if (reader.ValueTextEquals("url"u8)) return Text(ref reader, "url", ref _url);
        if (reader.ValueTextEquals("detail"u8)) return Text(ref reader, "detail", ref _detail);
        if (reader.ValueTextEquals("felt"u8)) return Integer(ref reader, "felt", ref _felt);
        if (reader.ValueTextEquals("cdi"u8)) return Number(ref reader, "cdi", ref _cdi);
        if (reader.ValueTextEquals("mmi"u8)) return Number(ref reader, "mmi", ref _mmi);
        if (reader.ValueTextEquals("alert"u8)) return Text(ref reader, "alert", ref _alert);
        if (reader.ValueTextEquals("status"u8)) return Text(ref reader, "status", ref _status);
        if (reader.ValueTextEquals("tsunami"u8)) return Integer(ref reader, "tsunami", ref _tsunami);
        if (reader.ValueTextEquals("sig"u8)) return Integer(ref reader, "sig", ref _sig);
        if (reader.ValueTextEquals("net"u8)) return Text(ref reader, "net", ref _net);
        if (reader.ValueTextEquals("code"u8)) return Text(ref reader, "code", ref _code);
        if (reader.ValueTextEquals("ids"u8)) return Text(ref reader, "ids", ref _ids);
        if (reader.ValueTextEquals("sources"u8)) return Text(ref reader, "sources", ref _sources);
        if (reader.ValueTextEquals("types"u8)) return Text(ref reader, "types", ref _types);
        if (reader.ValueTextEquals("nst"u8)) return Integer(ref reader, "nst", ref _nst);
        if (reader.ValueTextEquals("dmin"u8)) return Number(ref reader, "dmin", ref _dmin);
        if (reader.ValueTextEquals("rms"u8)) return Number(ref reader, "rms", ref _rms);
        if (reader.ValueTextEquals("gap"u8)) return Number(ref reader, "gap", ref _gap);
        if (reader.ValueTextEquals("magType"u8)) return Text(ref reader, "magType", ref _magType);
        if (reader.ValueTextEquals("type"u8)) return Text(ref reader, "type", ref _eventType);
        if (reader.ValueTextEquals("title"u8)) return Text(ref reader, "title", ref _title);
        reader.Read();
        reader.Skip();
        return null;
    }

    private static string? Text(ref Utf8JsonReader reader, string name, ref string? target)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.Null)
        {
            target = null;
            return null;
        }

        if (reader.TokenType == JsonTokenType.String && TryText(ref reader, out target))
        {
            return null;
        }

        reader.Skip();
        return $"properties.{name} must be a text or null.";
    }

    private static string? Number(ref Utf8JsonReader reader, string name, ref double? target)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.Null)
        {
            target = null;
            return null;
        }

        if (JsonValues.TryFinite(ref reader, out var value))
        {
            target = value;
            return null;
        }

        return $"properties.{name} must be a number or null.";
    }

    private static string? Integer(ref Utf8JsonReader reader, string name, ref long? target)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.Null)
        {
            target = null;
            return null;
        }

        if (JsonValues.TryInteger(ref reader, out var value))
        {
            target = value;
            return null;
        }

        return $"properties.{name} must be an integer or null.";
    }

    private static string? Instant(ref Utf8JsonReader reader, string name, ref DateTimeOffset? target)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.Null)
        {
            target = null;
            return null;
        }

        if (JsonValues.TryInteger(ref reader, out var value) && EventTime.TryFrom(value, out var time))
        {
            target = time;
            return null;
        }

        return $"properties.{name} must be {EventTime.Rule}.";
    }
}
