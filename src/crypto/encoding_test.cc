#include "crypto/encoding.h"

#include <doctest/doctest.h>

using namespace idun::crypto;

TEST_CASE("base64 and base64url give the values of RFC 4648") {
    struct Row {
        const char* bytes;
        const char* text;
        const char* padded;
    };
    for (const Row& row :
         {Row{"", "", ""}, Row{"f", "Zg", "Zg=="}, Row{"fo", "Zm8", "Zm8="}, Row{"foo", "Zm9v", "Zm9v"},
          Row{"foob", "Zm9vYg", "Zm9vYg=="}, Row{"fooba", "Zm9vYmE", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
          Row{"\xff\xfe\xfd", "__79", "//79"}}) {
        CHECK(base64url(row.bytes) == row.text);
        CHECK(base64(row.bytes) == row.padded);
        CHECK(from_base64url(row.text) == row.bytes);
        CHECK(from_base64(row.padded) == row.bytes);
    }
}

TEST_CASE("base64url has one text for each byte string") {
    for (const char* text :
         {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9vY", "Zm 9", "Zm9v\n", "//79", "Zm9*", "====", "\xc3\xa5\xc3\xa4"})
        CHECK_MESSAGE(!from_base64url(text), text);
    CHECK(!from_base64url(std::string_view("Zg\0", 3)));
}

TEST_CASE("base64 may hold white space and nothing else that is strange") {
    CHECK(from_base64(" Zm9v\r\n Yg=\t= ") == "foob");
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "=Zg=", "Zg==Zg==", "__79", "Zm9*", "===="})
        CHECK_MESSAGE(!from_base64(text), text);
}

TEST_CASE("all bytes survive base64url and hex") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
        CHECK(from_base64url(base64url(bytes)) == bytes);
        CHECK(from_hex(hex(bytes)) == bytes);
    }
}

TEST_CASE("hex is of lower case and even length") {
    CHECK(hex("\x01\xab") == "01ab");
    for (const char* text : {"0", "0g", "AB", "ab ", " ab", "0x"}) CHECK_MESSAGE(!from_hex(text), text);
}
