using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Quakes.Catalogue;

namespace Quakes.Usgs;

/// <summary>Reads one feature, whatever it is made of, to its end; the first broken rule is the reason for setting it aside.</summary>
internal ref struct FeatureReader
{
    private readonly FeatureProperties _properties = new();
    private string? _reason;
    private bool _isFeature;
    private bool _hasProperties;
    private double? _longitude;
    private double? _latitude;
    private double? _depth;

    public FeatureReader()
    {
    }

    public string? Id { get; private set; }

    public void Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Refuse("A feature must be an object.");
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                _isFeature = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("Feature"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                ReadId(ref reader);
            }
            else if (reader.ValueTextEquals("properties"u8))
            {
                reader.Read();
                _hasProperties = reader.TokenType == JsonTokenType.StartObject;
                if (_properties.Read(ref reader) is { } reason)
                {
                    Refuse(reason);
                }
            }
            else if (reader.ValueTextEquals("geometry"u8))
            {
                reader.Read();
                ReadGeometry(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    public bool Finish(ReadOnlyMemory<byte> raw, [NotNullWhen(true)] out ParsedFeature? parsed, out string reason)
    {
        parsed = null;
        var deleted = string.Equals(_properties.Status, "deleted", StringComparison.OrdinalIgnoreCase);
        reason = _reason ?? MissingValue(deleted) ?? "";
        if (reason.Length > 0)
        {
            return false;
        }

        var withheld = (_properties.Time is null ? WithheldValues.Time : 0) | (_longitude is null ? WithheldValues.Position : 0);
        var row = _properties.ToEarthquake(Id!, deleted) with { Longitude = _longitude, Latitude = _latitude, DepthKm = _depth };
        parsed = new ParsedFeature(row, raw, withheld);
        return true;
    }

    private readonly string? MissingValue(bool deleted) => this switch
    {
        { _isFeature: false } => "type must be \"Feature\".",
        { Id: null } => "id must be a text of 1 to 200 characters; it is missing.",
        { _hasProperties: false } => "properties must be an object.",
        { _properties.Updated: null } => $"properties.updated must be {EventTime.Rule}; it is missing.",
        { _properties.Time: null } when !deleted => $"properties.time must be {EventTime.Rule}; it is missing.",
        { _longitude: null } when !deleted => "geometry.coordinates must be [longitude, latitude, depth]; it is missing.",
        _ => null,
    };

    private void ReadId(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && FeatureProperties.TryText(ref reader, out var text) && text is { Length: > 0 and <= 200 })
        {
            Id = text;
            return;
        }

        Refuse("id must be a text of 1 to 200 characters.");
        reader.Skip();
    }

    private void ReadGeometry(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Refuse("geometry must be an object.");
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("coordinates"u8))
            {
                reader.Read();
                ReadCoordinates(ref reader);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("Point"u8))
                {
                    Refuse("geometry.type must be \"Point\".");
                }

                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private void ReadCoordinates(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Refuse("geometry.coordinates must be an array.");
            reader.Skip();
            return;
        }

        Span<double?> values = stackalloc double?[3];
        var count = 0;
        var numbers = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            double? value = null;
            if (reader.TokenType != JsonTokenType.Null)
            {
                numbers &= JsonValues.TryFinite(ref reader, out var number);
                value = number;
            }

            if (count < 3)
            {
                values[count] = value;
            }

            count++;
        }

        if (!numbers || count is < 2 or > 3)
        {
            Refuse("geometry.coordinates must be two or three numbers.");
            return;
        }

        TakePosition(values[0], values[1], values[2]);
    }

    private void TakePosition(double? longitude, double? latitude, double? depth)
    {
        // A deletion may carry [null, null, null]; for anything else a missing position is refused at the end.
        if (longitude is null != latitude is null)
        {
            Refuse("geometry.coordinates must have both longitude and latitude.");
        }
        else if (longitude is < -180 or > 180)
        {
            Refuse("geometry.coordinates: longitude must be -180 to 180 degrees.");
        }
        else if (latitude is < -90 or > 90)
        {
            Refuse("geometry.coordinates: latitude must be -90 to 90 degrees.");
        }
        else if (depth is < -100 or > 1000)
        {
            Refuse("geometry.coordinates: depth must be -100 to 1,000 kilometres.");
        }
        else
        {
            (_longitude, _latitude, _depth) = (longitude, latitude, depth);
        }
    }

    private void Refuse(string reason) => _reason ??= reason;
}
