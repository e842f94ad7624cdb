using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Quakes.Feeds.Simulation;

/// <summary>Writes a report as a feature with the 26 properties of the USGS, flaws included.</summary>
internal static class ReportJson
{
    private const string Site = "https://earthquake.usgs.gov";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ReadOnlyMemory<byte> Write(Report report, Revision shown, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(1100);
        using var json = new Utf8JsonWriter(buffer, Plain);
        var deleted = report.IsDeletedAt(now);
        json.WriteStartObject();
        json.WriteString("type"u8, shown.Flaw == Flaw.NotAFeature ? "Featur" : "Feature");
        json.WriteStartObject("properties"u8);
        WriteProperties(json, report, shown, deleted);
        json.WriteEndObject();
        if (deleted && report.WithholdsWhenDeleted)
        {
            json.WriteNull("geometry"u8);
        }
        else
        {
            json.WriteStartObject("geometry"u8);
            json.WriteString("type"u8, "Point"u8);
            if (shown.Flaw != Flaw.NoCoordinates)
            {
                json.WriteStartArray("coordinates"u8);
                json.WriteNumberValue(shown.Longitude);
                json.WriteNumberValue(shown.Flaw == Flaw.LatitudeOutOfRange ? 900 + shown.Latitude : shown.Latitude);
                json.WriteNumberValue(shown.DepthKm);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteString("id"u8, report.Id);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteProperties(Utf8JsonWriter json, Report report, Revision shown, bool deleted)
    {
        var withheld = deleted && report.WithholdsWhenDeleted;
        var shock = report.Shock;
        var type = shock.IsBlast ? (shock.Key % 5 == 0 ? "explosion" : "quarry blast") : "earthquake";
        var updated = deleted ? report.DeletedAt!.Value : shown.Updated;
        if (withheld)
        {
            json.WriteNull("mag"u8);
        }
        else if (shown.Flaw == Flaw.MagnitudeIsText)
        {
            json.WriteString("mag"u8, "abc"u8);
        }
        else
        {
            json.WriteNumber("mag"u8, shown.Magnitude);
        }

        Text(json, "place", withheld ? null : report.Place);
        if (shown.Flaw != Flaw.NoTime)
        {
            json.WriteNumber("time"u8, shock.Time.ToUnixTimeMilliseconds());
        }

        json.WriteNumber("updated"u8, updated.ToUnixTimeMilliseconds());
        json.WriteNull("tz"u8);
        json.WriteString("url"u8, $"{Site}/earthquakes/eventpage/{report.Id}");
        json.WriteString("detail"u8, $"{Site}/earthquakes/feed/v1.0/detail/{report.Id}.geojson");
        Number(json, "felt", shown.Felt);
        Number(json, "cdi", shown.FeltIntensity);
        Number(json, "mmi", shown.EstimatedIntensity);
        Text(json, "alert", shown.Alert);
        json.WriteString("status"u8, deleted ? "deleted" : shown.IsReviewed ? "reviewed" : "automatic");
        json.WriteNumber("tsunami"u8, shock.Zone.Offshore && shown.Magnitude >= 6.5 && shown.DepthKm < 100 ? 1 : 0);
        json.WriteNumber("sig"u8, Significance(shown));
        json.WriteString("net"u8, report.Net);
        json.WriteString("code"u8, report.Code);
        json.WriteString("ids"u8, report.OtherId is { } other ? $",{other},{report.Id}," : $",{report.Id},");
        json.WriteString("sources"u8, report.OtherId is null ? $",{report.Net}," : $",us,{report.Net},");
        json.WriteString("types"u8, shown.Felt is null ? ",origin,phase-data," : ",dyfi,origin,phase-data,");
        json.WriteNumber("nst"u8, shown.Stations);
        Number(json, "dmin", shown.NearestDegrees);
        json.WriteNumber("rms"u8, shown.Rms);
        json.WriteNumber("gap"u8, shown.Gap);
        Text(json, "magType", withheld ? null : shown.MagnitudeType);
        json.WriteString("type"u8, type);
        json.WriteString("title"u8, string.Create(CultureInfo.InvariantCulture, $"M {shown.Magnitude:0.0} {(shock.IsBlast ? "Quarry Blast " : "")}- {report.Place}"));
    }

    private static int Significance(Revision shown)
    {
        var magnitude = Math.Max(0, shown.Magnitude);
        var felt = shown.Felt is { } n ? Math.Min(n, 1000) * Math.Max(shown.FeltIntensity ?? 1, 1) / 10 : 0;
        return (int)Math.Round((magnitude * magnitude * 100 / 6.5) + felt);
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
